package ticket_test

import (
	"context"
	"reflect"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func ptr[T any](v T) *T { return &v }

// changes returns the changes of the entries in order.
func changes(entries []ticket.Entry) []ticket.Change {
	var out []ticket.Change
	for _, e := range entries {
		out = append(out, *e.Change)
	}
	return out
}

func TestUpdate(t *testing.T) {
	deleted := newLog() // its category is deleted
	deleted[0].State.CategoryID = "nothing"
	for _, c := range []struct {
		name  string
		actor user.Principal
		log   logBuilder
		p     ticket.Patch
		want  []ticket.Change
		err   apperr.Code
	}{
		{"title and priority by the customer", sara, newLog(), ticket.Patch{Title: ptr("Help me"), Priority: ptr(ticket.PriorityHigh)},
			[]ticket.Change{{Field: "title", From: "Help", To: "Help me"}, {Field: "priority", From: "medium", To: "high"}}, ""},
		{"all fields by staff", ali, newLog(), ticket.Patch{Title: ptr("x"), Priority: ptr(ticket.PriorityLow), CategoryID: ptr("technical"), Tags: &[]string{"b", "a", "b"}},
			[]ticket.Change{{Field: "title", From: "Help", To: "x"}, {Field: "priority", From: "medium", To: "low"},
				{Field: "category", From: "billing", FromNames: billing.Names, To: "technical", Names: technical.Names}, {Field: "tags", To: "b,a"}}, ""},
		{"tags that look the same", ali, newLog(), ticket.Patch{Tags: &[]string{"caf\u00e9", "cafe\u0301", "\u06a9\u0627\u0644\u0627", "\u0643\u0627\u0644\u0627", "a b", "a  b"}},
			[]ticket.Change{{Field: "tags", To: "caf\u00e9,\u06a9\u0627\u0644\u0627,a b"}}, ""},
		{"empty patch", sara, newLog(), ticket.Patch{}, nil, ""},
		{"same values", ali, newLog(), ticket.Patch{Title: ptr("Help"), Priority: ptr(ticket.PriorityMedium), CategoryID: ptr("billing"), Tags: &[]string{}}, nil, ""},
		{"category by the customer", sara, newLog(), ticket.Patch{CategoryID: ptr("technical")}, nil, apperr.Forbidden},
		{"tags by the customer", sara, newLog(), ticket.Patch{Tags: &[]string{"a"}}, nil, apperr.Forbidden},
		{"tags by another customer", reza, newLog(), ticket.Patch{Tags: &[]string{"a"}}, nil, apperr.TicketNotFound},
		{"unknown category", ali, newLog(), ticket.Patch{CategoryID: ptr("nothing")}, nil, apperr.CategoryNotFound},
		{"the deleted category of the ticket", ali, deleted, ticket.Patch{CategoryID: ptr("nothing"), Title: ptr("x")}, []ticket.Change{{Field: "title", From: "Help", To: "x"}}, ""},
		{"resolved, by the customer", sara, newLog().statusChange(ali, ticket.StatusResolved), ticket.Patch{Title: ptr("x")}, nil, apperr.TicketClosed},
		{"closed, by staff", ali, newLog().statusChange(ali, ticket.StatusClosed), ticket.Patch{Title: ptr("x")}, []ticket.Change{{Field: "title", From: "Help", To: "x"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := storeWith(c.log, len(c.log))
			got, err := store.service(9).Update(context.Background(), c.actor, ticketID, c.p)
			if c.err != "" {
				if !apperr.Is(err, c.err) || len(store.log()) != len(c.log) {
					t.Errorf("got %v and %d new entries, want %s and none", err, len(store.log())-len(c.log), c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(changes(got.Entries), c.want) {
				t.Fatalf("got %+v, %v\nwant %+v", changes(got.Entries), err, c.want)
			}
			checkCommitted(t, store, got)
		})
	}
}

// TestIfVersion checks that all changes fail if the ticket has changed for the actor, and that a
// repeated one does not.
func TestIfVersion(t *testing.T) {
	ctx := context.Background()
	for name, run := range map[string]func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error){
		"update": func(s *ticket.Service, actor user.Principal, _ string) (ticket.ChangeResult, error) {
			return s.Update(ctx, actor, ticketID, ticket.Patch{Title: ptr("x")})
		},
		"close": func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error) {
			return s.Close(ctx, actor, ticketID, clientID)
		},
		"reopen": func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error) {
			return s.Reopen(ctx, actor, ticketID, clientID)
		},
		"status": func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error) {
			return s.SetStatus(ctx, actor, ticketID, clientID, ticket.StatusPending)
		},
		"claim": func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error) {
			return s.Claim(ctx, actor, ticketID, clientID)
		},
		"release": func(s *ticket.Service, actor user.Principal, clientID string) (ticket.ChangeResult, error) {
			return s.Assign(ctx, actor, ticketID, clientID, "")
		},
	} {
		for _, c := range []struct {
			actor   user.Principal
			log     logBuilder
			version int
			stale   bool
		}{
			{sara, newLog(), 1, false}, {sara, newLog(), 2, true}, {sara, newLog().message(ali, "hi"), 1, true},
			{sara, newLog().note(ali, "hm"), 1, false}, {mina, newLog().note(ali, "hm"), 1, true},
		} {
			store := storeWith(c.log, len(c.log))
			s := store.service(9).IfVersion([]int{99, c.version})
			if _, err := run(s, c.actor, "c9"); apperr.Is(err, apperr.VersionStale) != c.stale {
				t.Errorf("%s by %s, version %d of %d: got %v, want stale %v", name, c.actor.Name, c.version, len(c.log), err, c.stale)
			}
			if c.stale && len(store.log()) != len(c.log) {
				t.Errorf("%s by %s: got a new entry", name, c.actor.Name)
			}
			if _, err := run(s, c.actor, "c9"); !c.stale && name != "update" && err != nil {
				t.Errorf("%s by %s, repeated: %v", name, c.actor.Name, err)
			}
		}
	}
}

// checkCommitted checks that the log, the stored ticket and the result agree.
func checkCommitted(t *testing.T, store *memStore, got ticket.ChangeResult) {
	t.Helper()
	log, stored := store.log(), store.ticket()
	checkLog(t, log)
	want := logBuilder(log).ticket()
	for name, tk := range map[string]ticket.Ticket{"stored ticket": stored, "result": got.Ticket} {
		tk.Revision = 0
		if !reflect.DeepEqual(tk, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, tk, want)
		}
	}
}

func TestClaimAndAssign(t *testing.T) {
	assigned := newLog().assign(ali, ticket.UserRef{"ali", "Ali"})
	for _, c := range []struct {
		name string
		log  logBuilder
		run  func(s *ticket.Service) (ticket.ChangeResult, error)
		want string // assignee after it
		err  apperr.Code
	}{
		{"claim an unassigned ticket", newLog(), claimBy(mina), "mina", ""},
		{"claim one's own ticket", assigned, claimBy(ali), "ali", ""},
		{"claim a ticket of another agent", assigned, claimBy(mina), "", apperr.AlreadyAssigned},
		{"assign to another agent", newLog(), assignBy(ali, "mina"), "mina", ""},
		{"reassign", assigned, assignBy(root, "mina"), "mina", ""},
		{"unassign", assigned, assignBy(mina, ""), "", ""},
		{"unassign an unassigned ticket", newLog(), assignBy(mina, ""), "", ""},
		{"assign to a customer", newLog(), assignBy(ali, "reza"), "", apperr.UserNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := storeWith(c.log, len(c.log))
			got, err := c.run(store.service(9))
			if c.err != "" {
				if !apperr.Is(err, c.err) || len(store.log()) != len(c.log) {
					t.Errorf("got %v and %d new entries, want %s and none", err, len(store.log())-len(c.log), c.err)
				}
				return
			}
			if err != nil || got.Ticket.State.AssigneeID != c.want || got.Ticket.Assignee.ID != c.want {
				t.Fatalf("got %+v, %v, want it assigned to %q", got.Ticket, err, c.want)
			}
			if changed := c.want != c.log.state().AssigneeID; len(got.Entries) != map[bool]int{true: 1}[changed] {
				t.Errorf("got %d entries, changed %v", len(got.Entries), changed)
			}
			checkCommitted(t, store, got)
		})
	}
}

func claimBy(actor user.Principal) func(*ticket.Service) (ticket.ChangeResult, error) {
	return func(s *ticket.Service) (ticket.ChangeResult, error) {
		return s.Claim(context.Background(), actor, ticketID, "c1")
	}
}

func assignBy(actor user.Principal, to string) func(*ticket.Service) (ticket.ChangeResult, error) {
	return func(s *ticket.Service) (ticket.ChangeResult, error) {
		return s.Assign(context.Background(), actor, ticketID, "c1", to)
	}
}

// TestAssign_OnlyAgents checks that a ticket is not assigned to a user who may not work on it.
func TestAssign_OnlyAgents(t *testing.T) {
	store := storeWith(newLog(), 1)
	must(store.raw.PutAccount(t.Context(), account.Login{Phone: "left", User: user.User{ID: "left", Phone: "left", Role: user.RoleSupport, Disabled: true}}))
	for name, to := range map[string]string{"a customer": reza.UserID, "disabled": "left", "unknown": "nobody"} {
		if _, err := assignBy(ali, to)(store.service(9)); !apperr.Is(err, apperr.UserNotFound) {
			t.Errorf("%s: got %v, want user_not_found", name, err)
		}
	}
	if len(store.log()) != 1 {
		t.Errorf("got %d entries, want 1", len(store.log()))
	}
}

// TestRelease checks that a ticket is released once, by the system, and only from the given agent.
func TestRelease(t *testing.T) {
	for name, c := range map[string]struct {
		ticketID string
		log      logBuilder
		want     int // new entries
	}{
		"assigned":       {ticketID, newLog().assign(ali, ticket.UserRef{"ali", "Ali"}), 1},
		"another agent":  {ticketID, newLog().assign(ali, ticket.UserRef{"mina", "Mina"}), 0},
		"unassigned":     {ticketID, newLog(), 0},
		"missing ticket": {"01ARZ3NDEKTSV4RRFFQ69G5XXX", newLog(), 0},
	} {
		store := storeWith(c.log, len(c.log))
		for range 2 {
			if err := store.service(9).Release(t.Context(), c.ticketID, "ali"); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
		log := store.log()
		if added := len(log) - len(c.log); added != c.want {
			t.Errorf("%s: got %d new entries, want %d", name, added, c.want)
		}
		if last := log[len(log)-1]; c.want == 1 && (last.Author.Role != user.RoleSystem || last.State.AssigneeID != "" || last.Change.From != "ali") {
			t.Errorf("%s: got %+v", name, last)
		}
	}
}

// TestClaim_RemovedAssignee checks that the refusal names a removed agent in plain text.
func TestClaim_RemovedAssignee(t *testing.T) {
	log := newLog().assign(ali, ticket.UserRef{"gone", user.DeletedName})
	if err := claimAs(storeWith(log, len(log)).service(9), mina); apperr.From(err).Detail != "This ticket is assigned to Removed user." {
		t.Errorf("got %v", err)
	}
}

// TestClaim_Concurrent checks that one of two concurrent claims fails.
func TestClaim_Concurrent(t *testing.T) {
	store := storeWith(newLog(), 1)
	store.beforeWrite = func() {
		if err := claimAs(store.service(4), ali); err != nil {
			t.Error(err)
		}
	}
	if err := claimAs(store.service(5), mina); !apperr.Is(err, apperr.AlreadyAssigned) {
		t.Errorf("got %v, want %s", err, apperr.AlreadyAssigned)
	}
	if tk := store.ticket(); tk.State.AssigneeID != "ali" || len(store.log()) != 2 {
		t.Errorf("got %s and %d entries, want ali and 2", tk.State.AssigneeID, len(store.log()))
	}
}

// TestClose_ConcurrentWrites checks that a change is decided again after a conflict.
func TestClose_ConcurrentWrites(t *testing.T) {
	for name, c := range map[string]struct {
		concurrent func(*ticket.Service, user.Principal) error
		want       []ticket.Kind
	}{
		"a message": {postAs(false), []ticket.Kind{ticket.KindOpened, ticket.KindMessage, ticket.KindStatus}},
		"a claim":   {claimAs, []ticket.Kind{ticket.KindOpened, ticket.KindAssignment, ticket.KindStatus}},
		"a close":   {closeAs, []ticket.Kind{ticket.KindOpened, ticket.KindStatus}},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeWith(newLog(), 1)
			store.beforeWrite = func() {
				if err := c.concurrent(store.service(4), ali); err != nil {
					t.Error(err)
				}
			}
			got, err := store.service(5).Close(context.Background(), sara, ticketID, "c1")
			if err != nil {
				t.Fatal(err)
			}
			var kinds []ticket.Kind
			for _, e := range store.log() {
				kinds = append(kinds, e.Kind)
			}
			if !reflect.DeepEqual(kinds, c.want) || got.Ticket.State.Status != ticket.StatusClosed {
				t.Errorf("got %v, %s, want %v, closed", kinds, got.Ticket.State.Status, c.want)
			}
			checkCommitted(t, store, got)
		})
	}
}
