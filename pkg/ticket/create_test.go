package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
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
	want.ID, want.Description = id.Derive(clientID, "sara"), "It does not work"
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

// TestCreate_ForCustomer checks who may open a ticket for whom, and that everything of the
// ticket but the author is the customer's.
func TestCreate_ForCustomer(t *testing.T) {
	for name, c := range map[string]struct {
		actor      user.Principal
		customerID string
		err        apperr.Code
		field      string
		opensFor   string
	}{
		"an agent":                  {actor: ali, customerID: "sara", opensFor: "Sara"},
		"an agent without customer": {actor: ali, err: apperr.InvalidBody, field: "required"},
		"an unknown customer":       {actor: ali, customerID: "nobody", err: apperr.InvalidBody, field: "unknown"},
		"another agent":             {actor: ali, customerID: "mina", err: apperr.InvalidBody, field: "unknown"},
		"the customer":              {actor: sara, customerID: "sara", opensFor: "Sara"},
		"another customer":          {actor: reza, customerID: "sara", err: apperr.Forbidden},
	} {
		store := newMemStore()
		params := createParams()
		params.CustomerID = c.customerID
		tk, _, err := store.service(1).Create(t.Context(), c.actor, params)
		if c.err != "" {
			if e := apperr.From(err); err == nil || e.Code != c.err || c.field != "" && (e.Fields[0].Pointer != "/customerId" || e.Fields[0].Code != c.field) || len(store.tickets()) > 0 {
				t.Errorf("%s: got %v, want %s %s", name, err, c.err, c.field)
			}
			continue
		}
		entry := store.read(tk.ID).Entries[0]
		if err != nil || tk.Customer != (ticket.UserRef{ID: "sara", Name: c.opensFor}) || entry.Author != authorOf(c.actor) || entry.Customer() != tk.Customer {
			t.Errorf("%s: got customer %+v, author %+v, %v", name, tk.Customer, entry.Author, err)
		}
		if again, created, err := store.service(1).Create(t.Context(), c.actor, createParams()); err != nil || created || again.ID != tk.ID {
			t.Errorf("%s, repeated: got %s, %v, %v", name, again.ID, created, err)
		}
		if rebuilt := ticket.Fold(ticket.Ticket{}, store.read(tk.ID).Entries); rebuilt.Customer != tk.Customer || !rebuilt.VisibleTo(sara) || rebuilt.VisibleTo(reza) {
			t.Errorf("%s: the log gives customer %+v", name, rebuilt.Customer)
		}
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

// closedStore returns a store with a closed ticket of Sara that the projection lacks.
func closedStore() *memStore { return storeWith(newLog().statusChange(sara, ticket.StatusClosed), 1) }

// TestCreate_FollowUp checks the link in both logs, also if the closed ticket gets an entry
// while the new one is written.
func TestCreate_FollowUp(t *testing.T) {
	ctx := context.Background()
	for name, concurrent := range map[string]bool{"alone": false, "with a concurrent note": true} {
		store, params := closedStore(), createParams()
		params.FollowUpOf = ticketID
		wantSeq := 3
		if concurrent {
			wantSeq = 4
			store.beforeWrite = func() { store.add(newLog().statusChange(sara, ticket.StatusClosed).note(ali, "hm")[2]) }
		}
		tk, created, err := store.service(9).Create(ctx, sara, params)
		if err != nil || !created || tk.FollowUpOf != ticketID {
			t.Fatalf("%s: got %+v, %v, %v", name, tk, created, err)
		}
		log := store.log()
		link := log[len(log)-1]
		want := ticket.Entry{
			TicketID: ticketID, Seq: wantSeq, HiddenBefore: wantSeq - 3, Kind: ticket.KindFollowUp, Author: authorOf(sara), CreatedAt: minute(9),
			Change: &ticket.Change{Field: "followUp", To: tk.ID}, State: log[1].State,
		}
		if !reflect.DeepEqual(link, want) || !link.VisibleTo(user.RoleUser) {
			t.Errorf("%s: got %+v\nwant %+v", name, link, want)
		}
		for _, folded := range []ticket.Ticket{ticket.Fold(ticket.Ticket{}, store.read(tk.ID).Entries), ticket.Fold(ticket.Ticket{}, log)} {
			if folded.ID == tk.ID && folded.FollowUpOf != ticketID || folded.ID == ticketID && !slices.Equal(folded.FollowUps, []string{tk.ID}) {
				t.Errorf("%s: got %+v", name, folded)
			}
		}
		if again, created, err := store.service(10).Create(ctx, sara, params); err != nil || created || again.ID != tk.ID || len(store.log()) != wantSeq {
			t.Errorf("%s: a repeat: got %+v, %v, %v and %d entries", name, again, created, err, len(store.log()))
		}
	}
}

// TestCreate_FollowUpErrors checks that a refused link writes nothing.
func TestCreate_FollowUpErrors(t *testing.T) {
	closed := newLog().statusChange(sara, ticket.StatusClosed)
	full := closed
	for n := range 20 {
		full = full.append(sara, ticket.KindFollowUp, "", &ticket.Change{Field: "followUp", To: ulidAt(n)})
	}
	for name, c := range map[string]struct {
		log   logBuilder
		actor user.Principal
		id    string
		want  string
	}{
		"another ticket id":       {closed, sara, clientID, "unknown"},
		"not a ticket id":         {closed, sara, "x", "unknown"},
		"another customer":        {closed, reza, ticketID, "unknown"},
		"staff, another customer": {closed, ali, ticketID, "not_allowed"},
		"a new ticket":            {newLog(), sara, ticketID, "not_closed"},
		"a resolved ticket":       {newLog().statusChange(ali, ticket.StatusResolved), sara, ticketID, "not_closed"},
		"reopened":                {closed.statusChange(ali, ticket.StatusOpen), sara, ticketID, "not_closed"},
		"20 follow-ups":           {full, sara, ticketID, "too_many"},
	} {
		store, params := storeWith(c.log, 1), createParams()
		params.FollowUpOf = c.id
		if c.actor.Role.IsStaff() {
			params.CustomerID = reza.UserID
		}
		_, _, err := store.service(9).Create(context.Background(), c.actor, params)
		var refused *apperr.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Pointer != "/followUpOf" || refused.Fields[0].Code != c.want {
			t.Errorf("%s: got %v, want %s at /followUpOf", name, err, c.want)
		}
		if len(store.tickets()) != 1 || len(store.log()) != len(c.log) {
			t.Errorf("%s: got %d tickets and %d entries, want 1 and %d", name, len(store.tickets()), len(store.log()), len(c.log))
		}
	}
}

// TestCreate_FollowUpOfReopened checks that a ticket reopened while the follow-up is
// written refuses it.
func TestCreate_FollowUpOfReopened(t *testing.T) {
	store, params := closedStore(), createParams()
	params.FollowUpOf = ticketID
	store.beforeWrite = func() {
		store.add(newLog().statusChange(sara, ticket.StatusClosed).statusChange(ali, ticket.StatusOpen)[2])
	}
	if _, _, err := store.service(9).Create(context.Background(), sara, params); !apperr.Is(err, apperr.InvalidBody) || len(store.tickets()) != 1 {
		t.Errorf("got %v and %d tickets, want invalid_body and 1", err, len(store.tickets()))
	}
}

// TestCreate_ClientIDPerAuthor checks that users may use the same client id.
func TestCreate_ClientIDPerAuthor(t *testing.T) {
	store := newMemStore()
	ids := map[string]bool{}
	for _, actor := range []user.Principal{sara, reza, ali} {
		params := createParams()
		if params.CustomerID = actor.UserID; actor.Role.IsStaff() {
			params.CustomerID = sara.UserID
		}
		tk, created, err := store.service(1).Create(context.Background(), actor, params)
		if err != nil || !created || tk.Customer.ID != params.CustomerID {
			t.Errorf("%s: got %+v, %v, %v", actor.Name, tk, created, err)
		}
		if opener := tk.ForRole(user.RoleSupport).OpenedBy; actor.Role.IsStaff() != (opener == actor.UserID) || !actor.Role.IsStaff() && opener != "" || tk.ForRole(user.RoleUser).OpenedBy != "" {
			t.Errorf("%s: the ticket was opened by %q", actor.Name, opener)
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
	s.TicketLimiter = &limit.Limiter{Rule: limit.Rule{Name: "tickets", Max: 3, Window: time.Minute}, Store: store, Now: func() time.Time { return minute(0) }}
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
