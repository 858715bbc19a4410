package ticket_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func createParams() ticket.CreateParams {
	return ticket.CreateParams{ClientID: clientID, Title: "Help", Description: "It does not work", CategoryID: "billing"}
}

func TestCreate(t *testing.T) {
	store := newMemStore()
	tk, created, err := store.service(1).Create(context.Background(), sara, createParams())
	want := openedTicket()
	want.ID = id.Derive(clientID, "sara")
	if err != nil || !created || !reflect.DeepEqual(tk, want) {
		t.Fatalf("got %+v, %v, %v\nwant %+v", tk, created, err, want)
	}
	entry := newLog()[0]
	entry.TicketID = want.ID
	if stored := store.read(want.ID); !reflect.DeepEqual(stored.Entries, []ticket.Entry{entry}) {
		t.Errorf("got %+v\nwant %+v", stored.Entries, entry)
	}
	if store.writes != 1 {
		t.Errorf("got %d writes, want 1", store.writes)
	}
}

func TestCreate_DefaultPriority(t *testing.T) {
	for asked, want := range map[ticket.Priority]ticket.Priority{"": ticket.PriorityMedium, ticket.PriorityUrgent: ticket.PriorityUrgent} {
		params := createParams()
		params.Priority = asked
		if tk, _, err := newMemStore().service(1).Create(context.Background(), sara, params); err != nil || tk.State.Priority != want {
			t.Errorf("%q: got %s, %v, want %s", asked, tk.State.Priority, err, want)
		}
	}
}

// TestCreate_Idempotent checks that a repeated call returns the current state of
// the existing ticket.
func TestCreate_Idempotent(t *testing.T) {
	ctx := context.Background()
	for name, repeat := range map[string]func(*ticket.CreateParams){
		"same content":      func(*ticket.CreateParams) {},
		"other content":     func(params *ticket.CreateParams) { params.Title, params.Description = "Other", "Something else" },
		"deleted category":  func(params *ticket.CreateParams) { params.CategoryID = "deleted" },
		"attachment in use": func(params *ticket.CreateParams) { params.AttachmentIDs = []string{"ready"} },
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemStore().withAttachments()
			params := createParams()
			params.AttachmentIDs = []string{"ready"}
			first, _, err := store.service(1).Create(ctx, sara, params)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.service(2).Post(ctx, ali, ticket.Message{TicketID: first.ID, ClientID: "c1", Body: "hello"}); err != nil {
				t.Fatal(err)
			}
			repeat(&params)
			got, created, err := store.service(3).Create(ctx, sara, params)
			if err != nil || created || got.ID != first.ID || got.Title != "Help" {
				t.Fatalf("got %+v, created %v, %v, want the existing ticket", got, created, err)
			}
			if got.LastSeq != 2 || got.State.Status != ticket.StatusOpen {
				t.Errorf("got last %d, %s: want 2, open", got.LastSeq, got.State.Status)
			}
			if len(store.tickets()) != 1 {
				t.Errorf("got %d tickets", len(store.tickets()))
			}
		})
	}
}

func TestCreate_Errors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ticket.CreateParams)
		want   apperr.Code
	}{
		"unknown category":           {func(params *ticket.CreateParams) { params.CategoryID = "nothing" }, apperr.CategoryNotFound},
		"attachment of another user": {func(params *ticket.CreateParams) { params.AttachmentIDs = []string{"foreign"} }, apperr.AttachmentNotFound},
		"refused attachment":         {func(params *ticket.CreateParams) { params.AttachmentIDs = []string{"refused"} }, apperr.AttachmentRefused},
	} {
		store := newMemStore().withAttachments()
		params := createParams()
		c.change(&params)
		if _, _, err := store.service(1).Create(context.Background(), sara, params); !apperr.Is(err, c.want) || len(store.tickets()) != 0 {
			t.Errorf("%s: got %v and %d tickets, want %s and none", name, err, len(store.tickets()), c.want)
		}
	}
}

// TestCreate_ClientIDPerAuthor checks that users may use the same client id.
func TestCreate_ClientIDPerAuthor(t *testing.T) {
	store := newMemStore()
	ids := map[string]bool{}
	for _, actor := range []user.Principal{sara, reza, ali} {
		tk, created, err := store.service(1).Create(context.Background(), actor, createParams())
		if err != nil || !created || tk.Customer.ID != actor.UserID {
			t.Errorf("%s: got %+v, %v, %v", actor.Name, tk, created, err)
		}
		ids[tk.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("got %d tickets, want 3", len(ids))
	}
}

func TestCreate_Concurrent(t *testing.T) {
	store := newMemStore()
	var wait sync.WaitGroup
	made := make(chan bool, 10)
	for range 10 {
		wait.Go(func() {
			_, created, err := store.service(1).Create(context.Background(), sara, createParams())
			if err != nil {
				t.Error(err)
			}
			made <- created
		})
	}
	wait.Wait()
	close(made)
	first := 0
	for created := range made {
		if created {
			first++
		}
	}
	if first != 1 || len(store.tickets()) != 1 {
		t.Errorf("got %d calls with created and %d tickets, want 1 and 1", first, len(store.tickets()))
	}
}

// TestCreate_Limit checks that a full window refuses new tickets, but neither refuses nor
// counts the repeat of an earlier request.
func TestCreate_Limit(t *testing.T) {
	ctx, store := context.Background(), newMemStore()
	s := store.service(1)
	s.NewTickets = &limit.Limiter{Rule: limit.Rule{Kind: "tickets", Max: 3, Window: time.Minute}, Store: store, Now: func() time.Time { return minute(0) }}
	create := func(n int) (bool, error) {
		params := createParams()
		params.ClientID = fmt.Sprintf("01ARZ3NDEKTSV4RRFFQ69G5F%02d", n)
		_, created, err := s.Create(ctx, sara, params)
		return created, err
	}
	for n, want := range []bool{true, false, false, false} { // one ticket and three repeats
		if created, err := create(0); err != nil || created != want {
			t.Fatalf("call %d: got created %v, %v", n, created, err)
		}
	}
	for n := range 2 {
		if created, err := create(1 + n); err != nil || !created {
			t.Fatalf("ticket %d: got %v, %v", n, created, err)
		}
	}
	if _, err := create(9); !apperr.Is(err, apperr.RateLimited) {
		t.Errorf("the fourth ticket: got %v, want rate_limited", err)
	}
	if created, err := create(1); err != nil || created {
		t.Errorf("a repeat in a full window: got %v, %v", created, err)
	}
}
