package ticket_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestPost_ConcurrentAppends checks the outcome if the sequence number is taken.
func TestPost_ConcurrentAppends(t *testing.T) {
	log := newLog().statusChange(ali, ticket.StatusPending)
	for _, c := range []struct {
		name       string
		concurrent func(s *ticket.Service) error
		created    bool
		seq        int
		change     *ticket.Change
	}{
		{"no other writer", func(*ticket.Service) error { return nil }, true, 3, ticket.StatusChange(ticket.StatusPending, ticket.StatusOpen)},
		{"another message", func(s *ticket.Service) error {
			_, err := s.Post(context.Background(), ali, message("c9", 0))
			return err
		}, true, 4, ticket.StatusChange(ticket.StatusPending, ticket.StatusOpen)},
		{"message of another user with the same client id", func(s *ticket.Service) error {
			_, err := s.Post(context.Background(), ali, message("c1", 0))
			return err
		}, true, 4, ticket.StatusChange(ticket.StatusPending, ticket.StatusOpen)},
		{"ticket resolved", func(s *ticket.Service) error { return setStatusAs(ticket.StatusResolved)(s, ali) }, true, 4, ticket.StatusChange(ticket.StatusResolved, ticket.StatusOpen)},
		{"ticket opened", func(s *ticket.Service) error { return setStatusAs(ticket.StatusOpen)(s, ali) }, true, 4, nil},
		{"own retry", func(s *ticket.Service) error {
			_, err := s.Post(context.Background(), sara, message("c1", 2))
			return err
		}, false, 3, ticket.StatusChange(ticket.StatusPending, ticket.StatusOpen)},
		{"another message and own retry", func(s *ticket.Service) error {
			_, err := s.Post(context.Background(), mina, message("c8", 2))
			if err == nil {
				_, err = s.Post(context.Background(), sara, message("c1", 2))
			}
			return err
		}, false, 4, ticket.StatusChange(ticket.StatusPending, ticket.StatusOpen)},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := storeWith(log, len(log))
			store.beforeWrite = func() {
				if err := c.concurrent(store.service(4)); err != nil {
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

// checkLog checks that the log has no gap and no duplicate message, and that the
// states are consistent with the changes.
func checkLog(t *testing.T, log []ticket.Entry) {
	t.Helper()
	seen := map[string]int{}
	for i, e := range log {
		if e.Seq != i+1 {
			t.Fatalf("entry %d has sequence number %d", i+1, e.Seq)
		}
		if own := e.Author.ID + " " + e.ClientID; e.ClientID != "" && seen[own] > 0 {
			t.Errorf("message %s was stored at %d and %d", own, seen[own], e.Seq)
		} else {
			seen[own] = e.Seq
		}
		if c := e.Change; c != nil && c.Field == "status" && (c.From != string(log[i-1].State.Status) || c.To != string(e.State.Status)) {
			t.Errorf("entry %d changes %s -> %s between the states %s and %s", e.Seq, c.From, c.To, log[i-1].State.Status, e.State.Status)
		}
	}
}

// TestPost_ClosedConcurrently checks that a message is rejected if the ticket was
// closed concurrently.
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
		t.Errorf("got %d entries, want 2", n)
	}
}

// TestPost_Contention checks that a post that loses every race returns a conflict
// and stores nothing. It uses synctest because Post backs off.
func TestPost_Contention(t *testing.T) { synctest.Test(t, testPostContention) }

func testPostContention(t *testing.T) {
	store := storeWith(newLog(), 1)
	n := 0
	var faster func()
	faster = func() {
		n++
		log := logBuilder(store.log()).message(ali, "faster")
		store.add(log[len(log)-1])
		store.mu.Lock()
		defer store.mu.Unlock()
		store.beforeWrite = faster
	}
	store.beforeWrite = faster
	if _, err := store.service(5).Post(context.Background(), sara, message("c1", 1)); !apperr.Is(err, apperr.Conflict) {
		t.Errorf("got %v, want %s", err, apperr.Conflict)
	}
	for _, e := range store.log() {
		if e.ClientID == "c1" {
			t.Errorf("the message was stored at %d", e.Seq)
		}
	}
	if n != ticket.MaxAttempts {
		t.Errorf("got %d attempts, want %d", n, ticket.MaxAttempts)
	}
}

// TestPost_ConcurrentWriters sends each message twice concurrently.
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
