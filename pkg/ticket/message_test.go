package ticket_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func message(id string, after int) ticket.Message {
	return ticket.Message{TicketID: ticketID, ClientID: id, Body: "hello", After: after}
}

func TestPost(t *testing.T) {
	for _, after := range []int{0, 1, 2} {
		log := newLog().message(ali, "hello")
		store := storeWith(log, 2)
		fresh := ulidAt(4) // newer than all entries
		got, err := store.service(5).Post(context.Background(), sara, message(fresh, after))
		want := ticket.Entry{
			TicketID: ticketID, Seq: 3, Kind: ticket.KindMessage, Author: ticket.Author{"sara", "Sara", user.RoleUser}, Body: "hello",
			ClientID: fresh, CreatedAt: minute(5), State: log.state(),
		}
		if err != nil || !got.Created || !reflect.DeepEqual(got.Entry, want) {
			t.Errorf("after %d: got %+v, %v\nwant %+v", after, got, err, want)
		}
		if written := store.log(); len(written) != 3 || !reflect.DeepEqual(written[2], want) {
			t.Errorf("after %d: the log has %+v", after, written)
		}
		if got.Ticket.LastSeq != 3 || got.Ticket.Messages != 2 {
			t.Errorf("after %d: the ticket does not include the message: %+v", after, got.Ticket)
		}
		if store.reads != 1 || store.writes != 1 {
			t.Errorf("after %d: got %d reads and %d writes, want 1 and 1", after, store.reads, store.writes)
		}
	}
}

// TestPost_UUID checks that a repeat with a client id without a time is recognized although the
// client has read on.
func TestPost_UUID(t *testing.T) {
	ms := fmt.Sprintf("%012x", minute(8).UnixMilli()) // looks like a time after all entries
	random := ms[:8] + "-" + ms[8:] + "-40de-944b-e07fc1f90ae7"
	log := newLog().message(sara, "first").withClientID(random).message(ali, "two").message(ali, "three")
	for after := range 5 {
		store := storeWith(log, 2)
		got, err := store.service(9).Post(context.Background(), sara, message(random, after))
		if err != nil || got.Created || got.Entry.Seq != 2 || store.writes != 0 {
			t.Errorf("after %d: got %+v, %v, want the first entry", after, got, err)
		}
	}
}

// TestPost_PrevFor checks that new entries refer to the entry before them that a customer or
// an agent sees, also if the projection is stale.
func TestPost_PrevFor(t *testing.T) {
	log := newLog().message(ali, "hello").note(ali, "one").note(ali, "two")
	for _, folded := range []int{1, 2, 4} {
		for after := range 5 {
			got, err := storeWith(log, folded).service(5).Post(context.Background(), sara, message(ulidAt(5), after))
			if e := got.Entry; err != nil || e.Seq != 5 || e.PrevFor(user.RoleUser) != 2 || e.PrevFor(user.RoleSupport) != 4 {
				t.Errorf("%d folded, after %d: got %+v, %v, want 2 and 4 before 5", folded, after, e, err)
			}
		}
	}
}

// TestUpdate_PrevFor is the same for changes of several fields at once.
func TestUpdate_PrevFor(t *testing.T) {
	title, tags, high := "New", []string{"vip"}, ticket.PriorityHigh
	patch := ticket.Patch{Tags: &tags, Title: &title, Priority: &high}
	for _, folded := range []int{1, 3} {
		store := storeWith(newLog().note(ali, "one").note(ali, "two"), folded)
		if _, err := store.service(5).Update(context.Background(), ali, ticketID, patch); err != nil {
			t.Fatal(err)
		}
		if _, err := store.service(6).Post(context.Background(), sara, message(ulidAt(6), 0)); err != nil {
			t.Fatal(err)
		}
		prev := 0
		for _, e := range store.log() {
			if e.PrevFor(user.RoleSupport) != e.Seq-1 || e.VisibleTo(user.RoleUser) && e.PrevFor(user.RoleUser) != prev {
				t.Errorf("%d folded: got %+v, want a customer to see %d before it", folded, e, prev)
			}
			if e.VisibleTo(user.RoleUser) {
				prev = e.Seq
			}
		}
	}
}

// TestPost_Idempotent checks that a repeated post returns the existing entry,
// whatever else it contains.
func TestPost_Idempotent(t *testing.T) {
	first := newLog().message(ali, "one").message(sara, "first").withClientID("c1").message(ali, "two").message(sara, "three")
	deep := first
	for len(deep) < 90 {
		deep = deep.message(ali, "more")
	}
	for _, c := range []struct {
		name string
		log  logBuilder
		m    ticket.Message
	}{
		{"same request", first, ticket.Message{Body: "first", After: 2}},
		{"without after", first, ticket.Message{Body: "first"}},
		{"earlier after", first, ticket.Message{Body: "first", After: 1}},
		{"after at the entry itself", first, ticket.Message{Body: "first", After: 3}},
		{"after beyond the log", first, ticket.Message{Body: "first", After: 77}},
		{"other content", first, ticket.Message{Body: "other", After: 2}},
		{"attachments", first, ticket.Message{Body: "other", AttachmentIDs: []string{"unknown"}}},
		{"90 entries later", deep, ticket.Message{Body: "first", After: 2}},
		{"90 entries later, without after", deep, ticket.Message{Body: "first"}},
		{"closed ticket", first.statusChange(ali, ticket.StatusClosed), ticket.Message{Body: "first", After: 2}},
	} {
		for _, folded := range []int{1, len(c.log)} { // the projection may be stale
			store := storeWith(c.log, folded)
			c.m.TicketID, c.m.ClientID = ticketID, "c1"
			got, err := store.service(8*24*60).Post(context.Background(), sara, c.m)
			if err != nil || got.Created || !reflect.DeepEqual(got.Entry, first[2]) {
				t.Errorf("%s, %d folded: got %+v, %v, want the existing entry", c.name, folded, got, err)
			}
			if len(store.log()) != len(c.log) || store.writes != 0 {
				t.Errorf("%s: %d writes, the log grew to %d", c.name, store.writes, len(store.log()))
			}
		}
	}
}

// TestPost_StaleAfter repeats a post with an after beyond its own entry. The time
// in the client id is before the entry at after.
func TestPost_StaleAfter(t *testing.T) {
	early := ulidAt(2) // before the entry of the first post
	log := newLog().message(ali, "one").message(sara, "first").withClientID(early)
	for len(log) < 12 {
		log = log.message(ali, "more")
	}
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			store := storeWith(log, folded)
			got, err := store.service(30).Post(context.Background(), sara, message(early, after))
			if err != nil || got.Created || got.Entry.Seq != 3 {
				t.Errorf("after %d with %d folded: got created %v, seq %d, %v, want the existing entry", after, folded, got.Created, got.Entry.Seq, err)
			}
		}
	}
}

// TestPost_ClientIDPerAuthor checks that users may use the same client id.
func TestPost_ClientIDPerAuthor(t *testing.T) {
	log := newLog().message(sara, "mine").withClientID("c1")
	store := storeWith(log, len(log))
	got, err := store.service(5).Post(context.Background(), ali, message("c1", 1))
	if err != nil || !got.Created || got.Entry.Seq != 3 {
		t.Errorf("got %+v, %v, want a new entry", got, err)
	}
}

// TestPost_TwinsInOneMillisecond posts a message twice concurrently, with the same
// creation time. One call creates the entry and the other returns it.
func TestPost_TwinsInOneMillisecond(t *testing.T) {
	store := storeWith(newLog(), 1)
	s := store.service(5)
	var twin ticket.PostResult
	store.beforeWrite = func() {
		var err error
		if twin, err = s.Post(context.Background(), sara, message("c1", 1)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Post(context.Background(), sara, message("c1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if !twin.Created || got.Created || got.Entry.Seq != 2 || twin.Entry.Seq != 2 {
		t.Errorf("got created %v (entry %d) and %v (entry %d), want one created and both entry 2",
			twin.Created, twin.Entry.Seq, got.Created, got.Entry.Seq)
	}
}

// TestPost_StaleProjection checks that decisions use the log, not the stale ticket.
func TestPost_StaleProjection(t *testing.T) {
	log := newLog().messageWithStatus(ali, ticket.StatusPending).note(ali, "hm").assign(ali, ticket.UserRef{"mina", "Mina"}).statusChange(mina, ticket.StatusResolved)
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			store := storeWith(log, folded)
			got, err := store.service(9).Post(context.Background(), sara, message(ulidAt(9), after))
			if err != nil || got.Entry.Seq != 6 || !reflect.DeepEqual(got.Entry.Change, ticket.StatusChange(ticket.StatusResolved, ticket.StatusOpen)) {
				t.Fatalf("folded %d, after %d: got %+v, %v", folded, after, got.Entry, err)
			}
			// The recipients of the push depend on these fields.
			want := logBuilder(store.log()).ticket()
			if tk := got.Ticket; tk.ID != want.ID || tk.Customer != want.Customer || tk.State != want.State || tk.LastSeq != want.LastSeq {
				t.Fatalf("folded %d, after %d: got %+v\nwant %+v", folded, after, got.Ticket, want)
			}
			if store.reads > 2 || after > 0 && after <= len(log) && store.reads > 1 {
				t.Errorf("folded %d, after %d: %d reads", folded, after, store.reads)
			}
		}
	}
}

// TestPost_DeletedLog posts to a ticket whose entries are being purged.
func TestPost_DeletedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for left := range 4 {
			log := randomLog(5)
			store := storeWith(log, 5)
			store.purge(log[left:])
			_, err := store.service(9).Post(context.Background(), sara, message("c1", left))
			if !apperr.Is(err, apperr.TicketNotFound) || len(store.log()) != left {
				t.Errorf("%d entries left: got %v and %d entries, want %s", left, err, len(store.log()), apperr.TicketNotFound)
			}
		}
	})
}

// blocked refuses the writes of all users.
type blocked struct{}

func (blocked) CheckWrite(context.Context, string) error { return apperr.New(apperr.RateLimited, "") }
func (blocked) CheckRead(context.Context, string) error  { return apperr.New(apperr.RateLimited, "") }

// TestBlock_Writes checks that a blocked user can write nothing new to a ticket, that
// repeats get their first result, and that the automation is not blocked.
func TestBlock_Writes(t *testing.T) {
	ctx := context.Background()
	log := newLog().message(ali, "one").message(sara, "first").withClientID("c1")
	closing := ulidAt(3)
	for name, c := range map[string]struct {
		write  func(s *ticket.Service) error
		passes bool
	}{
		"message": {func(s *ticket.Service) error { _, err := s.Post(ctx, sara, message(ulidAt(9), 3)); return err }, false},
		"note": {func(s *ticket.Service) error {
			m := message(ulidAt(9), 3)
			m.Internal = true
			_, err := s.Post(ctx, ali, m)
			return err
		}, false},
		"repeated message":  {func(s *ticket.Service) error { _, err := s.Post(ctx, sara, message("c1", 3)); return err }, true},
		"close":             {func(s *ticket.Service) error { _, err := s.Close(ctx, sara, ticketID, closing); return err }, false},
		"nothing to change": {func(s *ticket.Service) error { _, err := s.Reopen(ctx, sara, ticketID, closing); return err }, false},
		"read marker":       {func(s *ticket.Service) error { return s.MarkRead(ctx, sara, ticketID, 1) }, false},
		"automation": {func(s *ticket.Service) error {
			_, err := s.Close(ctx, ticket.SystemPrincipal(), ticketID, "")
			return err
		}, true},
	} {
		store := storeWith(log, 3)
		s := store.service(5)
		s.Writes = blocked{}
		if err := c.write(s); c.passes && err != nil || !c.passes && !apperr.Is(err, apperr.RateLimited) {
			t.Errorf("%s: got %v, want passes %v", name, err, c.passes)
		}
		if written := len(store.log()); !c.passes && written != len(log) {
			t.Errorf("%s: got %d entries, want %d", name, written, len(log))
		}
	}
}
