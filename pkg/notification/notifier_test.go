package notification_test

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)

func author(userID string, role user.Role) ticket.Author {
	return ticket.Author{ID: userID, Name: "Name of " + userID, Role: role}
}

func change(name, from, to string) *ticket.Change {
	return &ticket.Change{Field: name, From: from, To: to}
}

// TestForEntry checks the recipient and kind for each kind of entry.
func TestForEntry(t *testing.T) {
	support, sara := author("ali", user.RoleSupport), author("sara", user.RoleUser)
	for name, c := range map[string]struct {
		entry ticket.Entry
		to    string
		kind  notification.Kind
	}{
		"reply":                         {ticket.Entry{Kind: ticket.KindMessage, Author: support}, "sara", notification.KindReply},
		"reply that changes the status": {ticket.Entry{Kind: ticket.KindMessage, Author: support, Change: change("status", "new", "open")}, "sara", notification.KindReply},
		"message of the customer":       {ticket.Entry{Kind: ticket.KindMessage, Author: sara}, "", ""},
		"message to an assigned agent":  {ticket.Entry{Kind: ticket.KindMessage, Author: sara, State: ticket.State{AssigneeID: "ali"}}, "ali", notification.KindCustomerReply},
		"reply to an assigned ticket":   {ticket.Entry{Kind: ticket.KindMessage, Author: support, State: ticket.State{AssigneeID: "ali"}}, "sara", notification.KindReply},
		"note":                          {ticket.Entry{Kind: ticket.KindNote, Author: support}, "", ""},
		"opened":                        {ticket.Entry{Kind: ticket.KindOpened, Author: sara}, "", ""},
		"opened by support":             {ticket.Entry{Kind: ticket.KindOpened, Author: support, Opening: &ticket.Opening{Customer: ticket.UserRef{ID: "sara"}}}, "sara", notification.KindOpened},
		"resolved by support":           {ticket.Entry{Kind: ticket.KindStatus, Author: support, Change: change("status", "open", "resolved")}, "sara", notification.KindStatus},
		"resolved by the automation":    {ticket.Entry{Kind: ticket.KindStatus, Change: change("status", "pending", "resolved")}, "sara", notification.KindStatus},
		"closed by the customer":        {ticket.Entry{Kind: ticket.KindStatus, Author: sara, Change: change("status", "open", "closed")}, "", ""},
		"status hidden from customers":  {ticket.Entry{Kind: ticket.KindStatus, Author: support, Change: change("status", "open", "on_hold")}, "", ""},
		"assigned":                      {ticket.Entry{Kind: ticket.KindAssignment, Author: author("boss", user.RoleAdmin), Change: change("assignee", "", "ali")}, "ali", notification.KindAssignment},
		"claimed":                       {ticket.Entry{Kind: ticket.KindAssignment, Author: support, Change: change("assignee", "", "ali")}, "", ""},
		"released":                      {ticket.Entry{Kind: ticket.KindAssignment, Author: support, Change: change("assignee", "ali", "")}, "", ""},
		"title":                         {ticket.Entry{Kind: ticket.KindTitle, Author: support, Change: change("title", "a", "b")}, "", ""},
	} {
		c.entry.TicketID, c.entry.Seq, c.entry.CreatedAt = "T1", 5, noon
		tk := ticket.Ticket{ID: "T1", Title: "The parcel", Customer: ticket.UserRef{ID: "sara"}}
		n, needed := notification.ForEntry(tk, c.entry)
		if needed != (c.to != "") || n.UserID != c.to || n.Kind != c.kind {
			t.Errorf("%s: got %v, %s to %q, want %s to %q", name, needed, n.Kind, n.UserID, c.kind, c.to)
		}
		again, _ := notification.ForEntry(tk, c.entry)
		if again.ID != n.ID {
			t.Errorf("%s: got id %s, then %s", name, n.ID, again.ID)
		}
	}
	// An agent who is the customer of the ticket.
	own := ticket.Ticket{ID: "T1", Customer: ticket.UserRef{ID: "ali"}}
	if n, needed := notification.ForEntry(own, ticket.Entry{Kind: ticket.KindMessage, Author: support}); needed {
		t.Errorf("own message: got %+v", n)
	}
	toOther := ticket.Entry{Kind: ticket.KindMessage, Author: support, State: ticket.State{AssigneeID: "omid"}}
	if n, needed := notification.ForEntry(own, toOther); !needed || n.UserID != "omid" || n.Kind != notification.KindCustomerReply {
		t.Errorf("own message to another agent: got %v, %+v", needed, n)
	}
}

func TestPlanDeliveries(t *testing.T) {
	all := user.User{Email: "a@b.ir", EmailVerified: true, Notifications: user.NotificationPreferences{Email: true, SMS: true}}
	for name, c := range map[string]struct {
		change func(u *user.User)
		email  string
		sms    string
	}{
		"all channels":       {func(*user.User) {}, "queued", "queued"},
		"mail disabled":      {func(u *user.User) { u.Notifications.Email = false }, "skipped choice", "queued"},
		"SMS disabled":       {func(u *user.User) { u.Notifications.SMS = false }, "queued", "skipped choice"},
		"no address":         {func(u *user.User) { u.Email = "" }, "skipped no_address", "queued"},
		"address unverified": {func(u *user.User) { u.EmailVerified = false }, "skipped unverified", "queued"},
		"all disabled":       {func(u *user.User) { u.Notifications = user.NotificationPreferences{} }, "skipped choice", "skipped choice"},
	} {
		u := all
		c.change(&u)
		n := notification.Notification{Deliveries: notification.PlanDeliveries(u, noon, notification.Email, notification.SMS)}
		pending := map[notification.Channel]bool{}
		for _, channel := range n.PendingChannels() {
			pending[channel] = true
		}
		for channel, want := range map[notification.Channel]string{notification.Email: c.email, notification.SMS: c.sms} {
			d := n.Deliveries[channel]
			got := string(d.State)
			if d.Reason != "" {
				got += " " + d.Reason
			}
			if got != want || pending[channel] != (want == "queued") {
				t.Errorf("%s: %s: got %s, pending %v, want %s", name, channel, got, pending[channel], want)
			}
		}
	}
}

// TestIDsForEntries_OneReminder checks that the entries of one change have one reminder.
func TestIDsForEntries_OneReminder(t *testing.T) {
	var entries []ticket.Entry
	for i, kind := range []ticket.Kind{ticket.KindMessage, ticket.KindTitle, ticket.KindPriority, ticket.KindPriority} {
		e := ticket.Entry{TicketID: "t", Seq: i + 1, Kind: kind, Author: author("ali", user.RoleSupport), CreatedAt: noon.Add(time.Duration(i/3) * time.Minute)}
		e.State.Status = ticket.StatusPending
		entries = append(entries, e)
	}
	ids := notification.IDsForEntries("sara", entries, time.Hour)["sara"]
	if slices.Sort(ids); len(ids) != 3 || len(slices.Compact(ids)) != 3 {
		t.Errorf("got %q, want the reply and two reminders", ids)
	}
}

// TestIDsForEntries_Assignee checks that an assignee, given instead of the customer, gets the ids of
// the replies of a customer who is or was staff.
func TestIDsForEntries_Assignee(t *testing.T) {
	for _, role := range []user.Role{user.RoleSupport, user.RoleUser} {
		e := ticket.Entry{TicketID: "t", Seq: 2, Kind: ticket.KindMessage, Author: author("sara", role), CreatedAt: noon, State: ticket.State{AssigneeID: "ali"}}
		n, _ := notification.ForEntry(ticket.Ticket{Customer: ticket.UserRef{ID: "sara"}}, e)
		if ids := notification.IDsForEntries("ali", []ticket.Entry{e}, time.Hour)["ali"]; !slices.Contains(ids, n.ID) {
			t.Errorf("role %s: got %q, want %s", role, ids, n.ID)
		}
	}
}
