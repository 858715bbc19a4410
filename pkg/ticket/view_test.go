package ticket_test

import (
	"reflect"
	"testing"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestForRole_OnHoldShownAsOpen checks tickets, entry states and status changes.
func TestForRole_OnHoldShownAsOpen(t *testing.T) {
	for _, c := range []struct {
		role     user.Role
		from, to ticket.Status
		wantFrom string
		wantTo   string
	}{
		{user.RoleUser, ticket.StatusOpen, ticket.StatusOnHold, "open", "open"},
		{user.RoleUser, ticket.StatusOnHold, ticket.StatusPending, "open", "pending"},
		{user.RoleUser, ticket.StatusNew, ticket.StatusResolved, "new", "resolved"},
		{user.RoleSupport, ticket.StatusOpen, ticket.StatusOnHold, "open", "on_hold"},
		{user.RoleAdmin, ticket.StatusOnHold, ticket.StatusPending, "on_hold", "pending"},
	} {
		log := logWithStatus(c.from).statusChange(ali, c.to)
		e := log[len(log)-1]
		got := e.ForRole(c.role)
		if got.Change.From != c.wantFrom || got.Change.To != c.wantTo || string(got.State.Status) != c.wantTo {
			t.Errorf("%s sees %s -> %s as %s -> %s, state %s", c.role, c.from, c.to, got.Change.From, got.Change.To, got.State.Status)
		}
		if tk := log.ticket().ForRole(c.role); string(tk.State.Status) != c.wantTo {
			t.Errorf("%s sees a ticket in %s as %s", c.role, c.to, tk.State.Status)
		}
		if !reflect.DeepEqual(e, log[len(log)-1]) || e.Change.From != string(c.from) || e.Change.To != string(c.to) {
			t.Errorf("the entry itself was changed: %+v", e.Change)
		}
	}
}

// TestForRole_OtherChangesUnchanged checks a tag named on_hold.
func TestForRole_OtherChangesUnchanged(t *testing.T) {
	e := ticket.Entry{Kind: ticket.KindTags, Change: &ticket.Change{Field: "tags", To: "on_hold"}}
	if got := e.ForRole(user.RoleUser).Change.To; got != "on_hold" {
		t.Errorf("got %q", got)
	}
}

func TestVisibility(t *testing.T) {
	log := newLog().message(ali, "hello").note(ali, "hm")
	tk := log.ticket()
	for _, c := range []struct {
		actor   user.Principal
		visible bool
		entries int
		lastSeq int
		unread  int
	}{
		{sara, true, 2, 2, 1},
		{ali, true, 3, 3, 0},
		{mina, true, 3, 3, 2},
		{root, true, 3, 3, 2},
		{reza, false, 2, 2, 2},
	} {
		entries := 0
		for _, e := range log {
			if e.VisibleTo(c.actor.Role) {
				entries++
			}
		}
		if got := tk.VisibleTo(c.actor); got != c.visible {
			t.Errorf("%s: VisibleTo: got %v, want %v", c.actor.Name, got, c.visible)
		}
		if entries != c.entries || tk.LastSeqFor(c.actor) != c.lastSeq || tk.UnreadFor(c.actor) != c.unread {
			t.Errorf("%s: got %d entries, last %d, %d unread, want %+v",
				c.actor.Name, entries, tk.LastSeqFor(c.actor), tk.UnreadFor(c.actor), c)
		}
	}
	if (ticket.Ticket{}).VisibleTo(root) {
		t.Error("a ticket that does not exist is visible")
	}
}
