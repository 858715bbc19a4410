package stream_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// countingStats counts the reads of checkpoints. All tickets are deleted, so nothing follows.
type countingStats struct {
	stats.Store
	reads int
}

func (s *countingStats) StatsCheckpoint(context.Context, string, int) (stats.Checkpoint, ticket.Log, error) {
	s.reads++
	return stats.Checkpoint{Deleted: true}, ticket.Log{}, nil
}

// TestProjectStats_OncePerBatch checks that the changes of a ticket in one batch are read once, and
// those that change no statistic not at all.
func TestProjectStats_OncePerBatch(t *testing.T) {
	message := event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Seq: 2, Kind: ticket.KindMessage, State: ticket.State{AssigneeID: "ali"}}}
	title := event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Seq: 2, Kind: ticket.KindTitle}}
	read := func(role user.Role) event.ReadMarkerMoved {
		return event.ReadMarkerMoved{Marker: ticket.ReadMarker{TicketID: "t", Seq: 2, Reader: ticket.Author{ID: "x", Role: role}}}
	}
	for name, c := range map[string]struct {
		batch []event.Event
		reads int
	}{
		"message":                        {[]event.Event{message}, 1},
		"message that the agent reads":   {[]event.Event{message, read(user.RoleSupport)}, 1},
		"title that the agent reads":     {[]event.Event{title, read(user.RoleSupport)}, 1},
		"two agents read, and a message": {[]event.Event{read(user.RoleSupport), read(user.RoleAdmin), message}, 1},
		"the customer reads":             {[]event.Event{title, read(user.RoleUser)}, 0},
	} {
		store := &countingStats{}
		project := stream.ProjectStats(&stats.Aggregator{Store: store})
		for i, e := range c.batch {
			if err := project(t.Context(), e, c.batch[:i]...); err != nil {
				t.Fatal(err)
			}
		}
		if store.reads != c.reads {
			t.Errorf("%s: got %d reads, want %d", name, store.reads, c.reads)
		}
	}
}
