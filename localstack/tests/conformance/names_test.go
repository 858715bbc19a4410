package conformance

import (
	cryptorand "crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// handleStream runs the projections for all records of the table, and for those that
// they cause, until there are none.
func (w *workload) handleStream(t *testing.T, collector *recordCollector) {
	t.Helper()
	for w.handleBatch(t, collector) {
	}
}

// handleBatch handles the records of now. It returns false if there are none.
func (w *workload) handleBatch(t *testing.T, collector *recordCollector) bool {
	t.Helper()
	records := collector.drain(t)
	if len(records) == 0 {
		return false
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	must(t, err)
	var batch events.DynamoDBEvent
	must(t, json.Unmarshal(payload, &batch))
	out, err := (&consumer{workload: w}).handler("stream-project", w.config)(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("got %v, failures %v", err, out.BatchItemFailures)
	}
	return true
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

// deleteUsers deletes the stored users.
func (w *workload) deleteUsers(t *testing.T, users ...user.User) {
	t.Helper()
	for _, u := range users {
		stored, err := w.store.User(t.Context(), u.ID)
		must(t, err)
		must(t, w.store.DeleteUser(t.Context(), stored, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: u.ID}))
	}
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
	_, _, err = service.Create(t.Context(), agent, ticket.CreateParams{
		ClientID: newID(), Title: "Called", Description: "By telephone", CategoryID: w.categoryIDs[0], CustomerID: sara.ID,
	})
	must(t, err)
	for _, assigneeID := range []string{ali.ID, w.reza.UserID, ali.ID} {
		_, err = service.Assign(t.Context(), w.reza, tk.ID, newID(), assigneeID)
		must(t, err)
	}
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
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: u.Email, Reason: "bounce", UserID: u.ID}))
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: "former." + u.Email, Reason: "bounce", UserID: u.ID}))
		tokens := realtime.ConnectTokens{Store: w.store, Now: w.tick, Random: cryptorand.Reader}
		_, _, err = tokens.Issue(t.Context(), u.Principal(""))
		must(t, err)
	}
	return tk
}

// writeLate makes a deleted customer and a deleted administrator use their tokens.
func (w *workload) writeLate(t *testing.T, sara, ali user.User, ticketID string) {
	t.Helper()
	service, customer, agent := w.service(w.store, w.tick), sara.Principal(""), ali.Principal("")
	late, _, err := service.Create(t.Context(), customer, ticket.CreateParams{ClientID: newID(), Title: "Late", Description: "x", CategoryID: w.categoryIDs[0]})
	must(t, err)
	for _, id := range []string{ticketID, late.ID} {
		for _, by := range []user.Principal{customer, agent} {
			log, err := w.store.ReadLogFrom(t.Context(), id, 1)
			must(t, err)
			must(t, service.MarkRead(t.Context(), by, id, log.Ticket.LastSeq))
			_, err = service.Post(t.Context(), by, ticket.Message{TicketID: id, ClientID: newID(), Body: "late"})
			must(t, err)
		}
		_, err = service.Assign(t.Context(), agent, id, newID(), w.reza.UserID)
		must(t, err)
	}
	categories := category.Admin{Store: w.store, Recorder: recorder}
	_, err = categories.Create(t.Context(), audit.Actor{ID: ali.ID, Name: ali.Name}, category.Update{Names: map[string]string{"en": newID(), "fa": newID()}})
	must(t, err)
	must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: sara.Email, Reason: "bounce", UserID: sara.ID}))
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

// postings returns the number of rows in a partition.
func (w *workload) postings(t *testing.T, pk string) (n int) {
	t.Helper()
	for _, it := range w.items(t) {
		if it["PK"] == pk {
			n++
		}
	}
	return n
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
		name, email := u.Name+"ina", newID()+"@example.com"
		_, err := w.store.UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Name: &name, Email: &email})
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
	for text, want := range map[string]int{"zarathustra": 20, "zarathustraina": 20, sara.Phone: 20} { // the first also as a prefix
		if got := w.search(t, text); len(got) != want {
			t.Errorf("%s: found %d tickets, want %d", text, len(got), want)
		}
	}
	if n := w.postings(t, "K#s#zarathustra$"); n != 0 {
		t.Errorf("%d tickets are found by the old name", n)
	}
}
