package notification_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// addTicket stores the ticket of the fixture's notification.
func (f *fixture) addTicket(change func(tk *ticket.Ticket)) {
	f.t.Helper()
	tk := ticket.Ticket{
		ID: ticketID, Customer: ticket.UserRef{ID: "sara"}, LastSeq: 9, CreatedAt: noon,
		State: ticket.State{Status: ticket.StatusResolved, Priority: ticket.PriorityLow, AssigneeID: "sara"},
	}
	change(&tk)
	_, err := f.CreateTicket(f.t.Context(), tk, ticket.Entry{TicketID: ticketID, Seq: 1, Kind: ticket.KindOpened}, nil)
	f.must(err)
}

// addNotification stores a pending notification that is some seconds newer than N.
func (f *fixture) addNotification(seconds int, kind notification.Kind, state notification.State) {
	f.t.Helper()
	at := noon.Add(time.Duration(seconds) * time.Second)
	f.must(f.AddNotifications(f.t.Context(), notification.Notification{
		ID: fmt.Sprintf("N%04d", seconds), UserID: "sara", Kind: kind, TicketID: ticketID, Seq: 2 + seconds, Title: "The parcel", CreatedAt: at,
		Body: fmt.Sprint("Body ", seconds), Author: "Ali", Status: "resolved",
		Deliveries: map[notification.Channel]notification.Delivery{notification.Email: {State: state, At: at}, notification.SMS: {State: state, At: at}},
	}))
}

// TestDeliver_GroupsTicket checks what one message reports.
func TestDeliver_GroupsTicket(t *testing.T) {
	const reply, status, queued = notification.KindReply, notification.KindStatus, notification.Queued
	for name, c := range map[string]struct {
		prepare   func(f *fixture)
		mail, sms string
	}{
		"three replies":          {func(f *fixture) { f.addNotification(1, reply, queued); f.addNotification(2, reply, queued) }, "3 new replies: The parcel", "3 new replies to ticket VGEM-MVRZ."},
		"a reply, then resolved": {func(f *fixture) { f.addNotification(1, status, queued) }, "Solved: The parcel", "your ticket VGEM-MVRZ is now solved. 1 new reply."},
		"a reply, then reopened by staff": {func(f *fixture) {
			f.addTicket(func(tk *ticket.Ticket) { tk.WaitingSince = noon.Add(time.Second) })
			f.addNotification(1, status, queued)
		}, "Solved: The parcel", "your ticket VGEM-MVRZ is now solved. 1 new reply."},
		"resolved twice":   {func(f *fixture) { f.addNotification(1, status, queued); f.addNotification(2, status, queued) }, "Solved: The parcel", "your ticket VGEM-MVRZ is now solved. 1 new reply."},
		"one sent already": {func(f *fixture) { f.addNotification(1, reply, notification.Sent) }, "New reply: The parcel", "support has answered your ticket VGEM-MVRZ."},
		"one failed":       {func(f *fixture) { f.addNotification(1, reply, notification.Failed) }, "2 new replies: The parcel", "2 new replies to ticket VGEM-MVRZ."},
		"one much later":   {func(f *fixture) { f.addNotification(3600, reply, queued) }, "New reply: The parcel", "support has answered your ticket VGEM-MVRZ."},
		"the second read": {func(f *fixture) {
			f.addNotification(1, reply, queued)
			f.must(f.MarkNotificationsRead(t.Context(), "sara", []string{"N0001"}))
		}, "New reply: The parcel", "support has answered your ticket VGEM-MVRZ."},
		"the first read": {func(f *fixture) { f.readEntry(); f.addNotification(1, reply, queued) }, "", ""},
		"150 replies": {func(f *fixture) {
			for i := range 149 {
				f.addNotification(i+1, reply, queued)
			}
		}, "91 new replies: The parcel", "91 new replies to ticket VGEM-MVRZ."},
	} {
		f := newFixture(t, queued)
		c.prepare(f)
		for _, channel := range []notification.Channel{notification.Email, notification.SMS} {
			if _, err := f.deliver(noon.Add(10*time.Second), channel); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		var want []string
		if c.mail != "" {
			want = []string{"mail to s@b.ir of sara: " + c.mail, "SMS to +989121234567: TicketSystem: " + c.sms}
		}
		if !slices.Equal(f.sent, want) {
			t.Errorf("%s: got %q, want %q", name, f.sent, want)
		}
	}
}

// TestDeliver_AgentToldOnce checks that an agent gets one SMS about the replies of a customer to a
// ticket within 15 minutes, until they are read, and each of the mails.
func TestDeliver_AgentToldOnce(t *testing.T) {
	const reply = notification.KindCustomerReply
	for name, c := range map[string]struct {
		kind notification.Kind
		read bool
		want string
	}{
		"unread":              {reply, false, "skipped grouped"},
		"read":                {reply, true, "sent "},
		"after an assignment": {notification.KindAssignment, false, "sent "},
	} {
		f := newFixture(t, notification.Sent)
		f.addTicket(func(tk *ticket.Ticket) { tk.State.Status, tk.WaitingSince = ticket.StatusOpen, noon })
		f.addNotification(60, c.kind, notification.Sent)
		f.addNotification(120, reply, notification.Queued)
		if c.read {
			f.must(f.MarkNotificationsRead(t.Context(), "sara", []string{"N0060"}))
		}
		f.updateUser(func(u *user.User) { u.Role = user.RoleSupport })
		for _, channel := range []notification.Channel{notification.SMS, notification.Email} {
			job := notification.DeliveryJob{UserID: "sara", ID: "N0120", Channel: channel, TicketID: ticketID}
			_, err := f.deliverer(noon.Add(130*time.Second)).Deliver(t.Context(), job)
			f.must(err)
			d := f.delivery(channel)
			if got := string(d.State) + " " + d.Reason; channel == notification.SMS && got != c.want || channel == notification.Email && d.State != notification.Sent {
				t.Errorf("%s, %s: got %s, want %s", name, channel, got, c.want)
			}
		}
	}
}

// TestDeliver_Outdated checks that nothing is sent after the ticket has changed so that
// the notification is untrue, and that a stored ticket which lags does not matter.
func TestDeliver_Outdated(t *testing.T) {
	closed := func(tk *ticket.Ticket) { tk.State.Status = ticket.StatusClosed }
	answered := func(tk *ticket.Ticket) { tk.WaitingSince = noon.Add(time.Minute) }
	assigned := func(tk *ticket.Ticket) { tk.State.AssigneeID = "other" }
	for name, c := range map[string]struct {
		kind   notification.Kind
		change func(tk *ticket.Ticket)
		want   string
	}{
		"resolved":                            {notification.KindStatus, func(*ticket.Ticket) {}, "sent "},
		"resolved, then closed":               {notification.KindStatus, closed, "skipped outdated"},
		"resolved, the stored ticket lags":    {notification.KindStatus, func(tk *ticket.Ticket) { closed(tk); tk.LastSeq = 2 }, "sent "},
		"reply":                               {notification.KindReply, closed, "sent "},
		"reply, then the customer answered":   {notification.KindReply, answered, "skipped outdated"},
		"customer's reply":                    {notification.KindCustomerReply, answered, "sent "},
		"customer's reply, then answered":     {notification.KindCustomerReply, func(*ticket.Ticket) {}, "skipped outdated"},
		"customer's reply, then reassigned":   {notification.KindCustomerReply, func(tk *ticket.Ticket) { answered(tk); assigned(tk) }, "skipped outdated"},
		"assignment":                          {notification.KindAssignment, func(*ticket.Ticket) {}, "sent "},
		"assignment, then reassigned":         {notification.KindAssignment, assigned, "skipped outdated"},
		"reminder, then resolved":             {notification.KindReminder, func(*ticket.Ticket) {}, "skipped outdated"},
		"reminder of a ticket that's pending": {notification.KindReminder, func(tk *ticket.Ticket) { tk.State.Status = ticket.StatusPending }, "sent "},
	} {
		f := newFixture(t, notification.Sent)
		f.updateUser(func(u *user.User) { u.Role = user.RoleSupport })
		f.addTicket(c.change)
		f.addNotification(1, c.kind, notification.Queued)
		job := notification.DeliveryJob{UserID: "sara", ID: "N0001", Channel: notification.SMS, TicketID: ticketID}
		_, err := f.deliverer(noon).Deliver(t.Context(), job)
		d := f.delivery(notification.SMS)
		if got := fmt.Sprint(d.State, " ", d.Reason); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// TestDeliver_DeletedTicket checks that the queued delivery of a deleted ticket is
// skipped, and that a former agent gets nothing about a ticket.
func TestDeliver_DeletedTicket(t *testing.T) {
	f := newFixture(t, notification.Queued)
	f.addTicket(func(*ticket.Ticket) {})
	f.must(f.DeleteTicket(t.Context(), ticketID, 0, audit.Record{}))
	if _, err := f.deliver(noon, notification.SMS); err != nil || f.delivery(notification.SMS).Reason != notification.ReasonDeleted || len(f.sent) > 0 {
		t.Errorf("got %v, %+v, %q", err, f.delivery(notification.SMS), f.sent)
	}
	f.addNotification(1, notification.KindCustomerReply, notification.Queued)
	job := notification.DeliveryJob{UserID: "sara", ID: "N0001", Channel: notification.SMS}
	if _, err := f.deliverer(noon).Deliver(t.Context(), job); err != nil || len(f.sent) > 0 {
		t.Errorf("a former agent: got %v, %q", err, f.sent)
	}
}

// TestText_Replies checks the texts about several replies in both languages.
func TestText_Replies(t *testing.T) {
	n := notification.Notification{Kind: notification.KindStatus, TicketID: ticketID, Title: "T", Status: "resolved", Body: "B", Replies: 2}
	for language, want := range map[string]string{"en": "2 new replies", "fa": "2 پاسخ تازه"} {
		if _, body := notification.Text(n, language); !strings.HasSuffix(body, "\n"+want+": B") {
			t.Errorf("%s: got %q", language, body)
		}
		if got := notification.ShortText(n, language, brand); !strings.Contains(got, want) {
			t.Errorf("%s: got %q", language, got)
		}
		m := notification.NewMail(n, user.User{Locale: language}, brand)
		if !strings.Contains(m.Text, want+": \u2068B\u2069") {
			t.Errorf("%s: got %q", language, m.Text)
		}
	}
}

// TestDeliver_GroupRetried checks that a repeated delivery reports the notifications
// that an earlier attempt has grouped, and a newer one.
func TestDeliver_GroupRetried(t *testing.T) {
	f := newFixture(t, notification.Queued)
	f.addNotification(1, notification.KindReply, notification.Queued)
	f.providerErr = errProvider
	if _, err := f.deliver(noon, notification.SMS); err == nil {
		t.Error("no error of the provider")
	}
	f.addNotification(2, notification.KindReply, notification.Queued)
	f.providerErr = nil
	job := notification.DeliveryJob{UserID: "sara", ID: "N0002", Channel: notification.SMS, TicketID: ticketID}
	if _, err := f.deliverer(noon).Deliver(t.Context(), job); err != nil {
		t.Error(err)
	}
	if _, err := f.deliver(noon, notification.SMS); err != nil || len(f.sent) != 2 || !strings.Contains(f.sent[1], "3 new replies") {
		t.Errorf("got %v, %q, want the second SMS to report three replies", err, f.sent)
	}
}
