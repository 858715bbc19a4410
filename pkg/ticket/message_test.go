package ticket

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

func message(id string, after int) Message {
	return Message{TicketID: ticketID, ClientID: id, Body: "hello", After: after}
}

func TestPost(t *testing.T) {
	for _, after := range []int{0, 1, 2} {
		log := newLog().message(ali, "hello")
		store := storeWith(log, 2)
		fresh := ulidAt(4) // written after all that is in the log
		got, err := store.service(5).Post(context.Background(), sara, message(fresh, after))
		want := Entry{
			TicketID: ticketID, Seq: 3, Kind: KindMessage, Author: Author{"sara", "Sara", user.RoleUser}, Body: "hello",
			ClientID: fresh, CreatedAt: minute(5), State: log.state(),
		}
		if err != nil || !got.Created || !reflect.DeepEqual(got.Entry, want) {
			t.Errorf("after %d: got %+v, %v\nwant %+v", after, got, err, want)
		}
		if written := store.log(); len(written) != 3 || !reflect.DeepEqual(written[2], want) {
			t.Errorf("after %d: the log has %+v", after, written)
		}
		if got.Ticket.LastSeq != 3 || got.Ticket.Messages != 2 {
			t.Errorf("after %d: the head has not the message in it: %+v", after, got.Ticket)
		}
		if store.reads != 1 || store.writes != 1 {
			t.Errorf("after %d: got %d reads and %d writes, want 1 and 1", after, store.reads, store.writes)
		}
	}
}

// TestPost_Idempotent: whatever the repeat says, the first entry comes back.
func TestPost_Idempotent(t *testing.T) {
	first := newLog().message(ali, "one").message(sara, "first").withClientID("c1").message(ali, "two").message(sara, "three")
	deep := first
	for len(deep) < 90 {
		deep = deep.message(ali, "more")
	}
	for _, c := range []struct {
		name string
		log  logBuilder
		m    Message
	}{
		{"as the first try", first, Message{Body: "first", After: 2}},
		{"without after", first, Message{Body: "first"}},
		{"with an after from before", first, Message{Body: "first", After: 1}},
		{"with the entry itself as after", first, Message{Body: "first", After: 3}},
		{"with an after beyond the log", first, Message{Body: "first", After: 77}},
		{"with other content", first, Message{Body: "other", After: 2}},
		{"with files", first, Message{Body: "other", AttachmentIDs: []string{"unknown"}}},
		{"much later", deep, Message{Body: "first", After: 2}},
		{"much later, without after", deep, Message{Body: "first"}},
		{"on a closed ticket", first.statusChange(ali, StatusClosed), Message{Body: "first", After: 2}},
	} {
		for _, folded := range []int{1, len(c.log)} { // the stream may be far behind
			store := storeWith(c.log, folded)
			c.m.TicketID, c.m.ClientID = ticketID, "c1"
			got, err := store.service(8*24*60).Post(context.Background(), sara, c.m)
			if err != nil || got.Created || !reflect.DeepEqual(got.Entry, first[2]) {
				t.Errorf("%s, %d folded: got %+v, %v, want the first entry", c.name, folded, got, err)
			}
			if len(store.log()) != len(c.log) || store.writes != 0 {
				t.Errorf("%s: %d writes, the log grew to %d", c.name, store.writes, len(store.log()))
			}
		}
	}
}

// TestPost_StaleAfter: a repeat that says a later seq than its own entry has. Its
// clientId tells by its time that it is older than what the client has seen.
func TestPost_StaleAfter(t *testing.T) {
	early := ulidAt(2) // made before the first try's entry
	log := newLog().message(ali, "one").message(sara, "first").withClientID(early)
	for len(log) < 12 {
		log = log.message(ali, "more")
	}
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			store := storeWith(log, folded)
			got, err := store.service(30).Post(context.Background(), sara, message(early, after))
			if err != nil || got.Created || got.Entry.Seq != 3 {
				t.Errorf("after %d with %d folded: got created %v, seq %d, %v, want the first entry", after, folded, got.Created, got.Entry.Seq, err)
			}
		}
	}
}

// TestPost_ClientIDPerAuthor: the same clientId of another person is another message.
func TestPost_ClientIDPerAuthor(t *testing.T) {
	log := newLog().message(sara, "mine").withClientID("c1")
	store := storeWith(log, len(log))
	got, err := store.service(5).Post(context.Background(), ali, message("c1", 1))
	if err != nil || !got.Created || got.Entry.Seq != 3 {
		t.Errorf("got %+v, %v, want a new entry", got, err)
	}
}

// TestPost_TwinsInOneMillisecond posts one message twice at the same time, with
// equal content and creation time: one call creates the entry, the other one
// returns it.
func TestPost_TwinsInOneMillisecond(t *testing.T) {
	store := storeWith(newLog(), 1)
	s := store.service(5)
	var twin PostResult
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

// TestPost_ConcurrentAppends: the slot is taken, and what stands there decides.
func TestPost_ConcurrentAppends(t *testing.T) {
	log := newLog().statusChange(ali, StatusPending)
	for _, c := range []struct {
		name      string
		meanwhile func(s *Service) error
		created   bool
		seq       int
		change    *Change
	}{
		{"nobody", func(*Service) error { return nil }, true, 3, statusChange(StatusPending, StatusOpen)},
		{"another message", func(s *Service) error {
			_, err := s.Post(context.Background(), ali, message("c9", 0))
			return err
		}, true, 4, statusChange(StatusPending, StatusOpen)},
		{"another's under the same clientId", func(s *Service) error {
			_, err := s.Post(context.Background(), ali, message("c1", 0))
			return err
		}, true, 4, statusChange(StatusPending, StatusOpen)},
		{"somebody resolves", func(s *Service) error { return setStatusAs(StatusResolved)(s, ali) }, true, 4, statusChange(StatusResolved, StatusOpen)},
		{"somebody opens", func(s *Service) error { return setStatusAs(StatusOpen)(s, ali) }, true, 4, nil},
		{"one's own repeat", func(s *Service) error {
			_, err := s.Post(context.Background(), sara, message("c1", 2))
			return err
		}, false, 3, statusChange(StatusPending, StatusOpen)},
		{"others, and one's own repeat", func(s *Service) error {
			_, err := s.Post(context.Background(), mina, message("c8", 2))
			if err == nil {
				_, err = s.Post(context.Background(), sara, message("c1", 2))
			}
			return err
		}, false, 4, statusChange(StatusPending, StatusOpen)},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := storeWith(log, len(log))
			store.beforeWrite = func() {
				if err := c.meanwhile(store.service(4)); err != nil {
					t.Error(err)
				}
			}
			got, err := store.service(5).Post(context.Background(), sara, message("c1", 2))
			if err != nil || got.Created != c.created || got.Entry.Seq != c.seq || !reflect.DeepEqual(got.Entry.Change, c.change) {
				t.Errorf("got created %v, seq %d, change %+v, %v", got.Created, got.Entry.Seq, got.Entry.Change, err)
			}
			checkLog(t, store.log())
		})
	}
}

// checkLog: no gap, no clientId twice, states that follow from each other.
func checkLog(t *testing.T, log []Entry) {
	t.Helper()
	seen := map[string]int{}
	for i, e := range log {
		if e.Seq != i+1 {
			t.Fatalf("entry %d has the seq %d", i+1, e.Seq)
		}
		if own := e.Author.ID + " " + e.ClientID; e.ClientID != "" && seen[own] > 0 {
			t.Errorf("the message %s stands at %d and %d", own, seen[own], e.Seq)
		} else {
			seen[own] = e.Seq
		}
		if c := e.Change; c != nil && c.Field == "status" && (c.From != string(log[i-1].State.Status) || c.To != string(e.State.Status)) {
			t.Errorf("entry %d moves %s -> %s between the states %s and %s", e.Seq, c.From, c.To, log[i-1].State.Status, e.State.Status)
		}
	}
}

// TestPost_ClosedConcurrently: nothing lands after a close unseen.
func TestPost_ClosedConcurrently(t *testing.T) {
	store := storeWith(newLog(), 1)
	store.beforeWrite = func() {
		if err := closeAs(store.service(2), ali); err != nil {
			t.Error(err)
		}
	}
	s := store.service(5)
	s.ReopenWindow = 0
	if _, err := s.Post(context.Background(), sara, message("c1", 1)); !apperr.Is(err, apperr.TicketClosed) {
		t.Errorf("got %v, want %s", err, apperr.TicketClosed)
	}
	if n := len(store.log()); n != 2 {
		t.Errorf("got %d entries, want the opening and the close", n)
	}
}

// TestPost_Contention: who never gets a slot is told to try again, and leaves nothing.
func TestPost_Contention(t *testing.T) { synctest.Test(t, testPostContention) } // it pauses between its tries

func testPostContention(t *testing.T) {
	store := storeWith(newLog(), 1)
	n := 0
	var faster func()
	faster = func() {
		n++
		store.mu.Lock()
		log := logBuilder(store.tickets[ticketID].entries)
		store.tickets[ticketID].entries = log.message(ali, "faster")
		store.beforeWrite = faster
		store.mu.Unlock()
	}
	store.beforeWrite = faster
	if _, err := store.service(5).Post(context.Background(), sara, message("c1", 1)); !apperr.Is(err, apperr.Conflict) {
		t.Errorf("got %v, want %s", err, apperr.Conflict)
	}
	for _, e := range store.log() {
		if e.ClientID == "c1" {
			t.Errorf("the message stands at %d", e.Seq)
		}
	}
	if n != maxAttempts {
		t.Errorf("got %d attempts, want %d", n, maxAttempts)
	}
}

// TestPost_ConcurrentWriters: each message sent twice at once, none lost, none doubled.
func TestPost_ConcurrentWriters(t *testing.T) {
	store := storeWith(newLog(), 1)
	s := store.service(5)
	var wait sync.WaitGroup
	for writer := range 4 {
		actor := []user.Principal{sara, ali, mina, root}[writer]
		for range 2 {
			wait.Go(func() {
				for n := range 10 {
					if _, err := s.Post(context.Background(), actor, message(fmt.Sprint(actor.UserID, n), 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wait.Wait()
	log := store.log()
	checkLog(t, log)
	if len(log) != 41 {
		t.Errorf("got %d entries, want 41", len(log))
	}
}

// TestPost_StaleProjection: decisions rest on the log, however old the head is.
func TestPost_StaleProjection(t *testing.T) {
	log := newLog().messageWithStatus(ali, StatusPending).note(ali, "hm").assign(ali, UserRef{"mina", "Mina"}).statusChange(mina, StatusResolved)
	for folded := 1; folded <= len(log); folded++ {
		for after := 0; after <= len(log)+1; after++ {
			store := storeWith(log, folded)
			got, err := store.service(9).Post(context.Background(), sara, message(ulidAt(9), after))
			if err != nil || got.Entry.Seq != 6 || !reflect.DeepEqual(got.Entry.Change, statusChange(StatusResolved, StatusOpen)) {
				t.Fatalf("folded %d, after %d: got %+v, %v", folded, after, got.Entry, err)
			}
			// Who hears of the message depends on these alone.
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

// TestPost_DeletedLog: a ticket whose entries are being removed is no longer
// one; nothing is written behind its end.
func TestPost_DeletedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for left := range 4 {
			log := randomLog(5)
			store := storeWith(log, 5)
			store.tickets[ticketID].entries = store.tickets[ticketID].entries[:left]
			_, err := store.service(9).Post(context.Background(), sara, message("c1", left))
			if !apperr.Is(err, apperr.TicketNotFound) || len(store.log()) != left {
				t.Errorf("%d entries left: got %v and %d entries, want %s", left, err, len(store.log()), apperr.TicketNotFound)
			}
		}
	})
}
