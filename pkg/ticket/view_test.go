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
		if !e.VisibleTo(c.role) {
			t.Errorf("%s does not see %s -> %s", c.role, c.from, c.to)
		}
		if !reflect.DeepEqual(e, log[len(log)-1]) || e.Change.From != string(c.from) || e.Change.To != string(c.to) {
			t.Errorf("the entry itself was changed: %+v", e.Change)
		}
	}
}

// TestForRole_HiddenFromCustomers checks that customers do not see hidden entries.
func TestForRole_HiddenFromCustomers(t *testing.T) {
	open := newLog().statusChange(ali, ticket.StatusOpen)
	for name, log := range map[string]logBuilder{
		"note": open.note(ali, "hm"), "on hold": open.statusChange(ali, ticket.StatusOnHold),
		"on hold and back": open.statusChange(ali, ticket.StatusOnHold).statusChange(ali, ticket.StatusOpen),
		"tags":             open.append(ali, ticket.KindTags, "", &ticket.Change{Field: "tags", To: "vip"}),
	} {
		for _, e := range log[2:] {
			if e.VisibleTo(user.RoleUser) || !e.VisibleTo(user.RoleSupport) {
				t.Errorf("%s: visible to customers %v, to staff %v", name, e.VisibleTo(user.RoleUser), e.VisibleTo(user.RoleSupport))
			}
		}
		tk, before := log.ticket().ForRole(user.RoleUser), open.ticket().ForRole(user.RoleUser)
		if tk.PublicSeq != 2 || !tk.LastActivityAt.Equal(before.LastActivityAt) || tk.State != before.State || tk.Tags != nil {
			t.Errorf("%s: customers see %+v, want %+v", name, tk, before)
		}
	}
	back := open.statusChange(ali, ticket.StatusOnHold).messageWithStatus(sara, ticket.StatusOpen)
	if e := back[len(back)-1]; !e.VisibleTo(user.RoleUser) || e.ForRole(user.RoleUser).Change != nil || e.Change == nil {
		t.Errorf("a message that ends on_hold: got %+v", e.ForRole(user.RoleUser))
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
