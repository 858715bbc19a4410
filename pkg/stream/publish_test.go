package stream_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// markerPublisher records what customers get of read markers, and the ended subscriptions.
type markerPublisher struct {
	public []int
	ended  []string
}

func (*markerPublisher) PublishTicketChange(_ context.Context, _, _ ticket.Ticket) error {
	return nil
}
func (*markerPublisher) PublishAttachments(context.Context, ticket.Ticket, ticket.Entry, []ticket.Attachment) error {
	return nil
}
func (*markerPublisher) PublishNotification(context.Context, notification.Notification) error {
	return nil
}
func (*markerPublisher) PublishUnread(context.Context, string, int) error { return nil }
func (*markerPublisher) PublishGone(context.Context, ticket.Ticket) error { return nil }

func (p *markerPublisher) EndSubscriptions(_ context.Context, ticketID string) error {
	p.ended = append(p.ended, ticketID)
	return nil
}

func (p *markerPublisher) PublishReadMarker(_ context.Context, _ ticket.Ticket, _ ticket.ReadMarker, public int) error {
	p.public = append(p.public, public)
	return nil
}

// TestPublishChanges_ReadMarkerOfNotes checks that reading notes shows nothing to customers.
func TestPublishChanges_ReadMarkerOfNotes(t *testing.T) {
	store := memstore.New(time.Now)
	kinds := []ticket.Kind{ticket.KindOpened, ticket.KindNote, ticket.KindMessage, ticket.KindNote, ticket.KindTags, ticket.KindMessage}
	for len(kinds) < 140 {
		kinds = append(kinds, ticket.KindNote)
	}
	if _, err := store.CreateTicket(t.Context(), ticket.Ticket{ID: "t"}, ticket.Entry{TicketID: "t", Seq: 1, Kind: kinds[0]}, nil); err != nil {
		t.Fatal(err)
	}
	for i, kind := range kinds {
		if _, err := store.AppendEntry(t.Context(), ticket.Entry{TicketID: "t", Seq: i + 1, Kind: kind, Author: ticket.Author{Role: user.RoleSupport}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ before, seq, want int }{
		{0, 1, 1}, {1, 2, 0}, {0, 2, 1}, {2, 3, 3}, {3, 4, 0}, {3, 5, 0}, {4, 6, 6}, {3, 30, 6}, {6, 30, 0}, {6, 140, 0}, {30, 9999, 0}, {9999, 140, 0},
	} {
		publisher := &markerPublisher{}
		moved := event.ReadMarkerMoved{Before: c.before, Marker: ticket.ReadMarker{TicketID: "t", Seq: c.seq}}
		if err := stream.PublishChanges(store, publisher)(t.Context(), moved); err != nil || len(publisher.public) != 1 || publisher.public[0] != c.want {
			t.Errorf("from %d to %d: got %v, %v, want %d", c.before, c.seq, publisher.public, err, c.want)
		}
	}
}

// TestPublishChanges_DeletedTicket checks that a deletion ends the subscriptions to the ticket.
func TestPublishChanges_DeletedTicket(t *testing.T) {
	publisher := &markerPublisher{}
	publish := stream.PublishChanges(memstore.New(time.Now), publisher)
	for _, deleted := range []ticket.Ticket{{ID: "t"}, {}} { // the second is a repetition
		if err := publish(t.Context(), event.TicketDeleted{TicketID: "t", Ticket: deleted}); err != nil {
			t.Fatal(err)
		}
	}
	if len(publisher.ended) != 1 || publisher.ended[0] != "t" {
		t.Errorf("got ended subscriptions %q, want those of t", publisher.ended)
	}
}
