package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// handleStream runs the projections for all records of the table, and for those that
// they cause, until there are none.
func (w *workload) handleStream(t *testing.T, collector *recordCollector) {
	t.Helper()
	handle := (&consumer{workload: w}).handler("stream-project", env.config)
	for {
		records := collector.drain(t)
		if len(records) == 0 {
			return
		}
		payload, err := json.Marshal(map[string]any{"Records": records})
		must(t, err)
		var batch events.DynamoDBEvent
		must(t, json.Unmarshal(payload, &batch))
		out, err := handle(t.Context(), batch)
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("got %v, failures %v", err, out.BatchItemFailures)
		}
	}
}

// person is a user with a name, phone number and e-mail address that no other item has.
func (w *workload) person(t *testing.T, name string, role user.Role) user.User {
	t.Helper()
	l := newLogin()
	l.User.Name, l.User.Role, l.User.Email, l.User.EmailVerified = name, role, strings.ToLower(name)+"@Example.com", true
	l.User.CreatedAt, l.User.Notifications = w.tick(), user.NotificationPreferences{Email: true, SMS: true}
	must(t, w.store.CreateUser(t.Context(), l, audit.Record{
		ID: newID(), Actor: audit.Actor{ID: w.reza.UserID, Name: w.reza.Name}, Action: audit.UserCreated, Target: l.User.ID,
		After: audit.Fields{"phone": l.User.Phone, "name": name, "email": l.User.Email, "role": string(role)},
	}))
	return l.User
}

// tracesOf returns the items that contain the name, phone number or e-mail address.
func (w *workload) tracesOf(t *testing.T, u user.User) (traces []string) {
	t.Helper()
	for name, item := range w.items(t) {
		text := strings.ToLower(fmt.Sprint(name, " ", item))
		for _, needle := range []string{u.Name, u.Phone, strings.TrimPrefix(u.Phone, "+98"), u.Email} {
			if strings.Contains(text, strings.ToLower(needle)) {
				traces = append(traces, needle+" in "+name)
			}
		}
	}
	return traces
}

// writeEverything makes a customer and an agent leave their names in all kinds of items.
func (w *workload) writeEverything(t *testing.T, sara, ali user.User) (tk ticket.Ticket) {
	t.Helper()
	service, customer, agent := w.service(w.store, w.tick), sara.Principal(""), ali.Principal("")
	tk, _, err := service.Create(t.Context(), customer, ticket.CreateParams{
		ClientID: newID(), Title: "The parcel", Description: "It did not arrive", CategoryID: w.categoryIDs[0],
	})
	must(t, err)
	_, err = service.Assign(t.Context(), w.reza, tk.ID, newID(), ali.ID)
	must(t, err)
	for _, by := range []user.Principal{agent, customer, agent} {
		_, err = service.Post(t.Context(), by, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "hello"})
		must(t, err)
		must(t, service.MarkRead(t.Context(), by, tk.ID, 3))
	}
	must(t, w.store.AddNotifications(t.Context(), notification.Notification{
		ID: newID(), UserID: sara.ID, Kind: notification.KindBroadcast, Title: "Dear " + sara.Name, CreatedAt: fixedNow(),
	}))
	for _, u := range []user.User{sara, ali} {
		_, err := w.store.RecordLoginAttempt(t.Context(), u.Phone, fixedNow(), 5)
		must(t, err)
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: u.Email, Reason: "bounce"}))
	}
	return tk
}

// TestDeleteUser_LeavesNoTrace checks that no item of the table contains the name, phone
// number or e-mail address of a customer and an agent after their deletion, and that
// staff do not find the tickets by them.
func TestDeleteUser_LeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 21)
	collector := newRecordCollector(t, w)
	sara, ali := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleSupport)
	tk := w.writeEverything(t, sara, ali)
	w.handleStream(t, collector)
	for _, u := range []user.User{sara, ali} {
		if len(w.tracesOf(t, u)) < 8 {
			t.Fatalf("%s: got traces %q, want more before the deletion", u.Name, w.tracesOf(t, u))
		}
		stored, err := w.store.User(t.Context(), u.ID)
		must(t, err)
		must(t, w.store.DeleteUser(t.Context(), stored, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: u.ID}))
	}
	// A request that was authenticated before the deletion.
	_, err := w.service(w.store, w.tick).Post(t.Context(), sara.Principal(""), ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "late"})
	must(t, err)
	w.handleStream(t, collector)
	for _, u := range []user.User{sara, ali} {
		for _, trace := range w.tracesOf(t, u) {
			t.Errorf("deleted user: %s", trace)
		}
	}
	if ids := w.search(t, sara.Name); len(ids) > 0 {
		t.Errorf("search by the name: got %v", ids)
	}
	if ids := w.search(t, "parcel"); len(ids) != 1 {
		t.Errorf("search by the title: got %v", ids)
	}
	log, err := w.store.ReadLogFrom(t.Context(), tk.ID, 1)
	must(t, err)
	if log.Ticket.Customer.Name != user.DeletedName || log.Entries[0].Author.Name != user.DeletedName {
		t.Errorf("got customer %q and author %q", log.Ticket.Customer.Name, log.Entries[0].Author.Name)
	}
}

// search returns the tickets that an agent finds.
func (w *workload) search(t *testing.T, text string) []string {
	t.Helper()
	found, _, err := w.store.ListTickets(t.Context(), ticket.Query{Terms: search.Parse(text), Limit: 20}, nil)
	must(t, err)
	ids := make([]string, len(found))
	for i, tk := range found {
		ids[i] = tk.ID
	}
	return ids
}

// TestRename_UpdatesTickets checks that tickets, assignees and the search index follow a
// new name and phone number, in steps of a limited size and from any step on.
func TestRename_UpdatesTickets(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 22)
	collector := newRecordCollector(t, w)
	sara, ali := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleSupport)
	var tickets []string
	for range 45 { // three steps
		tickets = append(tickets, w.writeEverything(t, sara, ali).ID)
	}
	w.handleStream(t, collector)
	for _, u := range []user.User{sara, ali} {
		name := u.Name + "ina"
		_, err := w.store.UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Name: &name})
		must(t, err)
	}
	// The token still has the old name.
	tk, _, err := w.service(w.store, w.tick).Create(t.Context(), sara.Principal(""), ticket.CreateParams{ClientID: newID(), Title: "After", Description: "x", CategoryID: w.categoryIDs[0]})
	must(t, err)
	w.handleStream(t, collector)
	for _, id := range append(tickets, tk.ID) {
		log, err := w.store.ReadLogFrom(t.Context(), id, 1)
		must(t, err)
		if got := log.Ticket.Customer.Name; got != "Zarathustraina" {
			t.Errorf("customer: got %s", got)
		}
		if got := log.Ticket.Assignee.Name; id != tk.ID && got != "Xenophonina" {
			t.Errorf("assignee: got %s", got)
		}
	}
}
