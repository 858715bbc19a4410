package notification_test

import (
	"testing"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)

func by(userID string, role user.Role) ticket.Author {
	return ticket.Author{ID: userID, Name: "Name of " + userID, Role: role}
}

func moved(field, from, to string) *ticket.Change {
	return &ticket.Change{Field: field, From: from, To: to}
}

// TestOf: who is told of what.
func TestOf(t *testing.T) {
	support, sara := by("ali", user.RoleSupport), by("sara", user.RoleUser)
	for name, c := range map[string]struct {
		entry ticket.Entry
		to    string
		kind  notification.Kind
	}{
		"an answer":                       {ticket.Entry{Kind: ticket.KindMessage, Author: support}, "sara", notification.KindReply},
		"an answer that moves the status": {ticket.Entry{Kind: ticket.KindMessage, Author: support, Change: moved("status", "new", "open")}, "sara", notification.KindReply},
		"the customer's message":          {ticket.Entry{Kind: ticket.KindMessage, Author: sara}, "", ""},
		"a note":                          {ticket.Entry{Kind: ticket.KindNote, Author: support}, "", ""},
		"opened":                          {ticket.Entry{Kind: ticket.KindOpened, Author: sara}, "", ""},
		"resolved by support":             {ticket.Entry{Kind: ticket.KindStatus, Author: support, Change: moved("status", "open", "resolved")}, "sara", notification.KindStatus},
		"resolved by time":                {ticket.Entry{Kind: ticket.KindStatus, Change: moved("status", "pending", "resolved")}, "sara", notification.KindStatus},
		"closed by the customer":          {ticket.Entry{Kind: ticket.KindStatus, Author: sara, Change: moved("status", "open", "closed")}, "", ""},
		"a status customers do not see":   {ticket.Entry{Kind: ticket.KindStatus, Author: support, Change: moved("status", "open", "on_hold")}, "", ""},
		"assigned":                        {ticket.Entry{Kind: ticket.KindAssignment, Author: by("boss", user.RoleAdmin), Change: moved("assignee", "", "ali")}, "ali", notification.KindAssignment},
		"claimed":                         {ticket.Entry{Kind: ticket.KindAssignment, Author: support, Change: moved("assignee", "", "ali")}, "", ""},
		"released":                        {ticket.Entry{Kind: ticket.KindAssignment, Author: support, Change: moved("assignee", "ali", "")}, "", ""},
		"title":                           {ticket.Entry{Kind: ticket.KindTitle, Author: support, Change: moved("title", "a", "b")}, "", ""},
	} {
		c.entry.TicketID, c.entry.Seq, c.entry.CreatedAt = "T1", 5, noon
		head := ticket.Head{ID: "T1", Title: "The parcel", Customer: ticket.Person{ID: "sara"}}
		n, follows := notification.Of(head, c.entry)
		if follows != (c.to != "") || n.UserID != c.to || n.Kind != c.kind {
			t.Errorf("%s: got %v, %s to %q, want %s to %q", name, follows, n.Kind, n.UserID, c.kind, c.to)
		}
		again, _ := notification.Of(head, c.entry)
		if again.ID != n.ID {
			t.Errorf("%s: got id %s, then %s", name, n.ID, again.ID)
		}
	}
	// A member of staff who has a ticket of his own.
	own := ticket.Head{ID: "T1", Customer: ticket.Person{ID: "ali"}}
	if n, follows := notification.Of(own, ticket.Entry{Kind: ticket.KindMessage, Author: support}); follows {
		t.Errorf("one's own message: got %+v", n)
	}
}

func TestPlan(t *testing.T) {
	all := user.User{Email: "a@b.ir", EmailVerified: true, Notify: user.Choices{Email: true, SMS: true}}
	for name, c := range map[string]struct {
		change func(u *user.User)
		email  string
		sms    string
	}{
		"everything":     {func(*user.User) {}, "queued", "queued"},
		"no mail":        {func(u *user.User) { u.Notify.Email = false }, "skipped choice", "queued"},
		"no SMS":         {func(u *user.User) { u.Notify.SMS = false }, "queued", "skipped choice"},
		"no address":     {func(u *user.User) { u.Email = "" }, "skipped no_address", "queued"},
		"not its own":    {func(u *user.User) { u.EmailVerified = false }, "skipped unverified", "queued"},
		"nothing at all": {func(u *user.User) { u.Notify = user.Choices{} }, "skipped choice", "skipped choice"},
	} {
		u := all
		c.change(&u)
		n := notification.Notification{Deliveries: notification.Plan(u, noon, notification.Email, notification.SMS)}
		waiting := map[notification.Channel]bool{}
		for _, channel := range n.Waiting() {
			waiting[channel] = true
		}
		for channel, want := range map[notification.Channel]string{notification.Email: c.email, notification.SMS: c.sms} {
			d := n.Deliveries[channel]
			got := string(d.State)
			if d.Reason != "" {
				got += " " + d.Reason
			}
			if got != want || waiting[channel] != (want == "queued") {
				t.Errorf("%s: %s: got %s, waiting %v, want %s", name, channel, got, waiting[channel], want)
			}
		}
	}
}
