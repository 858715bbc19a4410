package ticket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestApplyChange_Idempotent repeats a change after another change has reverted it.
func TestApplyChange_Idempotent(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		run  func(s *ticket.Service) (ticket.ChangeResult, error)
		undo func(s *ticket.Service) (ticket.ChangeResult, error)
	}{
		"close": {func(s *ticket.Service) (ticket.ChangeResult, error) { return s.Close(ctx, sara, ticketID, "c1") }, func(s *ticket.Service) (ticket.ChangeResult, error) { return s.Reopen(ctx, ali, ticketID, "c2") }},
		"status": {func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.SetStatus(ctx, ali, ticketID, "c1", ticket.StatusPending)
		}, func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.SetStatus(ctx, ali, ticketID, "c2", ticket.StatusOpen)
		}},
		"assign": {assignBy(ali, "mina"), func(s *ticket.Service) (ticket.ChangeResult, error) { return s.Assign(ctx, mina, ticketID, "c2", "") }},
		"claim": {claimBy(mina), func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.Assign(ctx, mina, ticketID, "c2", "ali")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeWith(newLog().messageWithStatus(ali, ticket.StatusOpen), 2)
			s := store.service(9)
			for _, run := range []func(*ticket.Service) (ticket.ChangeResult, error){c.run, c.undo} {
				if got, err := run(s); err != nil || len(got.Entries) != 1 {
					t.Fatalf("got %+v, %v, want one entry", got, err)
				}
			}
			got, err := c.run(s)
			if err != nil || len(got.Entries) != 0 || len(store.log()) != 4 || got.Ticket.LastSeq != 4 {
				t.Errorf("repeated: got %+v, %v and %d entries", got, err, len(store.log()))
			}
		})
	}
}

// TestApplyChange_RepeatedWithoutEffect repeats a change that had nothing to do after the state
// has changed: it must not act then, nor fail.
func TestApplyChange_RepeatedWithoutEffect(t *testing.T) {
	ctx := context.Background()
	run := map[string]func(*ticket.Service) (ticket.ChangeResult, error){
		"status": func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.SetStatus(ctx, ali, ticketID, "c1", ticket.StatusOpen)
		},
		"status with If-Match": func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.IfVersion([]int{2}).SetStatus(ctx, ali, ticketID, "c1", ticket.StatusOpen)
		},
		"reopen":  func(s *ticket.Service) (ticket.ChangeResult, error) { return s.Reopen(ctx, sara, ticketID, "c1") },
		"release": assignBy(ali, ""),
		"claim": func(s *ticket.Service) (ticket.ChangeResult, error) {
			return s.Claim(ctx, ali, ticketID, "c1")
		},
	}
	for name, change := range run {
		t.Run(name, func(t *testing.T) {
			store := storeWith(newLog().messageWithStatus(ali, ticket.StatusOpen), 2)
			s := store.service(9)
			if name == "claim" {
				if _, err := s.Claim(ctx, ali, ticketID, "c0"); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := change(s); err != nil || len(got.Entries) != 0 {
				t.Fatalf("got %+v, %v, want no entries", got, err)
			}
			for i, other := range []func() (ticket.ChangeResult, error){
				func() (ticket.ChangeResult, error) { return s.Assign(ctx, mina, ticketID, "c2", "mina") },
				func() (ticket.ChangeResult, error) { return s.Close(ctx, mina, ticketID, "c3") },
			} {
				if _, err := other(); err != nil {
					t.Fatal(i, err)
				}
			}
			got, err := change(s)
			if err != nil || len(got.Entries) != 0 || got.Ticket.State.Status != ticket.StatusClosed || got.Ticket.State.AssigneeID != "mina" {
				t.Errorf("repeated: got %+v, %v", got, err)
			}
		})
	}
}

// TestClose_RepeatedWithFastClock closes a closed ticket by a client whose clock is ahead, reopens
// the ticket soon after and repeats the close when the server has reached the time of the client id.
func TestClose_RepeatedWithFastClock(t *testing.T) {
	ctx := context.Background()
	for _, ahead := range []time.Duration{time.Second, 10 * time.Second, 11 * time.Second, time.Minute, time.Hour} {
		store := storeWith(newLog().statusChange(ali, ticket.StatusClosed), 2)
		s, now := store.service(9), minute(9)
		s.Now = func() time.Time { return now }
		clientID := id.First(now.Add(ahead))
		if got, err := s.Close(ctx, sara, ticketID, clientID); err != nil || len(got.Entries) != 0 {
			t.Fatalf("%v: got %+v, %v, want no entries", ahead, got, err)
		}
		if _, err := s.Close(ctx, sara, ticketID, id.First(now.Add(ahead/2))); err != nil { // another one, from before
			t.Fatal(err)
		}
		if _, err := s.Reopen(ctx, ali, ticketID, "c2"); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if got, err := s.Close(ctx, sara, ticketID, clientID); err != nil || len(got.Entries) != 0 {
				t.Errorf("ahead by %v, repeated after %v: got %d entries, %v, want none", ahead, now.Sub(minute(9)), len(got.Entries), err)
			}
			now = now.Add(ahead / 2)
		}
	}
}

// TestClose_RepeatedWithoutEffect closes a closed ticket, and again after it was reopened. Another
// user's change with the same client id is not a repeat.
func TestClose_RepeatedWithoutEffect(t *testing.T) {
	ctx := context.Background()
	s := storeWith(newLog().statusChange(ali, ticket.StatusClosed), 2).service(9)
	if _, err := s.Close(ctx, sara, ticketID, "c1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reopen(ctx, ali, ticketID, "c2"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Close(ctx, sara, ticketID, "c1"); err != nil || got.Ticket.State.Status != ticket.StatusOpen {
		t.Errorf("repeated: got %+v, %v, want an open ticket", got.Ticket.State, err)
	}
	if got, err := s.Close(ctx, ali, ticketID, "c1"); err != nil || got.Ticket.State.Status != ticket.StatusClosed {
		t.Errorf("of another user: got %+v, %v, want a closed ticket", got.Ticket.State, err)
	}
}

// TestClientID_OfAnotherRequest checks that the first entry of a change has the client id, and that
// a message or a change of another kind with this id is refused: it would be lost.
func TestClientID_OfAnotherRequest(t *testing.T) {
	ctx := context.Background()
	store := storeWith(newLog().message(ali, "hello").withClientID("c0"), 2)
	s := store.service(9)
	got, err := s.Close(ctx, ali, ticketID, "c1")
	if err != nil || got.Entries[0].ClientID != "c1" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := s.Claim(ctx, ali, ticketID, "c2"); err != nil {
		t.Fatal(err)
	}
	post := func(clientID string, after int) func() error {
		return func() error {
			_, err := s.Post(ctx, ali, message(clientID, after))
			return err
		}
	}
	for name, run := range map[string]func() error{
		"message of close":           post("c1", 3),
		"message of close, no after": post("c1", 0),
		"message of claim":           post("c2", 2),
		"claim of close":             func() error { _, err := s.Claim(ctx, ali, ticketID, "c1"); return err },
		"close of claim":             func() error { _, err := s.Close(ctx, ali, ticketID, "c2"); return err },
		"reopen of message":          func() error { _, err := s.Reopen(ctx, ali, ticketID, "c0"); return err },
	} {
		var refused *apperr.Error
		if err := run(); !errors.As(err, &refused) || refused.Code != apperr.InvalidBody || refused.Fields[0].Pointer != "/clientId" {
			t.Errorf("%s: got %v, want invalid_body at /clientId", name, err)
		}
	}
	if len(store.log()) != 4 {
		t.Errorf("the log grew to %d entries, want 4", len(store.log()))
	}
}

// TestAssign_RepeatedAfterAssigneeLeft repeats an assignment to a user who is no agent any more.
func TestAssign_RepeatedAfterAssigneeLeft(t *testing.T) {
	store := storeWith(newLog(), 1)
	s := store.service(9)
	run := assignBy(ali, "mina")
	first, err := run(s)
	if err != nil || len(first.Entries) != 1 {
		t.Fatalf("got %+v, %v, want one entry", first, err)
	}
	s.Users = noUsers{}
	if got, err := run(s); err != nil || len(got.Entries) != 0 || got.Ticket.LastSeq != first.Ticket.LastSeq {
		t.Errorf("repeated: got %+v, %v, want the ticket and no entries", got, err)
	}
}

// noUsers is a store without users.
type noUsers struct{}

func (noUsers) User(context.Context, string) (user.User, error) {
	return user.User{}, apperr.New(apperr.UserNotFound, "")
}
