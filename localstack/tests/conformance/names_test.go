package conformance

import (
	"bytes"
	"context"
	cryptorand "crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
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
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: u.Email, Reason: "bounce"}))
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: "former." + u.Email, Reason: "bounce", UserID: u.ID}))
		tokens := realtime.ConnectTokens{Store: w.store, Now: w.tick, Random: cryptorand.Reader}
		_, _, err = tokens.Issue(t.Context(), u.Principal(""))
		must(t, err)
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

// TestDeleteUser_LateWrites checks that nothing is left of users whose requests were
// authenticated before the deletion, at any moment of the removal.
func TestDeleteUser_LateWrites(t *testing.T) {
	t.Parallel()
	for _, handled := range []int{0, 1, 2, 3, 5, 100} { // batches of stream records before the late requests
		w := newWorkload(t, uint64(30+handled))
		collector := newRecordCollector(t, w)
		sara, ali := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleAdmin)
		w.person(t, "Last", user.RoleAdmin)
		tk := w.writeEverything(t, sara, ali)
		w.handleStream(t, collector)
		for _, u := range []user.User{sara, ali} {
			stored, err := w.store.User(t.Context(), u.ID)
			must(t, err)
			must(t, w.store.DeleteUser(t.Context(), stored, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: u.ID}))
		}
		for range handled {
			w.handleBatch(t, collector)
		}
		w.writeLate(t, sara, ali, tk.ID)
		w.handleStream(t, collector)
		for _, u := range []user.User{sara, ali} {
			for _, trace := range w.tracesOf(t, u) {
				t.Errorf("after %d batches: %s", handled, trace)
			}
		}
	}
}

// TestDeleteUser_LateMarker checks that a read marker leaves no trace that a deleted user moves
// with the last token, after everything else was erased.
func TestDeleteUser_LateMarker(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 29)
	collector := newRecordCollector(t, w)
	sara, ali := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleAdmin)
	w.person(t, "Last", user.RoleAdmin)
	tk := w.writeEverything(t, sara, ali)
	service := w.service(w.store, w.tick)
	_, err := service.Post(t.Context(), w.reza, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "news"})
	must(t, err)
	for _, u := range []user.User{sara, ali} {
		stored, err := w.store.User(t.Context(), u.ID)
		must(t, err)
		must(t, w.store.DeleteUser(t.Context(), stored, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: u.ID}))
	}
	w.handleStream(t, collector)
	log, err := w.store.ReadLogFrom(t.Context(), tk.ID, 1)
	must(t, err)
	for _, u := range []user.User{sara, ali} {
		must(t, service.MarkRead(t.Context(), u.Principal(""), tk.ID, log.Ticket.LastSeq))
	}
	w.handleStream(t, collector)
	for _, u := range []user.User{sara, ali} {
		for _, trace := range w.tracesOf(t, u) {
			t.Error(trace)
		}
	}
}

// emptyIndexes is an HTTP client whose queries of an index return nothing: they lag
// behind the table, without a bound.
type emptyIndexes struct{ next aws.HTTPClient }

func (c emptyIndexes) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), `"IndexName"`) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Count":0,"Items":[],"ScannedCount":0}`)), Request: r}, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.next.Do(r)
}

// TestGoneUsers_LaggingIndexes checks that a removed customer leaves no name and no file,
// and that a demoted and a removed agent keep no ticket, although the indexes lack
// everything that they wrote.
func TestGoneUsers_LaggingIndexes(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} { // whether their writes are handled before they are gone
		w := newWorkload(t, 41)
		w.config = env.config.Copy()
		w.config.HTTPClient = emptyIndexes{w.config.HTTPClient}
		collector := newRecordCollector(t, w)
		sara, ali, ava := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleSupport), w.person(t, "Ava", user.RoleSupport)
		file := attachment.Attachment{ID: newID(), Owner: sara.ID, Name: "Zarathustra.png", Type: "image/png", State: attachment.Ready, CreatedAt: w.tick()}
		unused := file
		unused.ID = newID()
		must(t, w.store.AddAttachment(t.Context(), file))
		must(t, w.store.AddAttachment(t.Context(), unused))
		tk := w.writeEverything(t, sara, ali)
		service := w.service(w.store, w.tick)
		_, err := service.Post(t.Context(), sara.Principal(""), ticket.Message{TicketID: tk.ID, ClientID: newID(), AttachmentIDs: []string{file.ID}})
		must(t, err)
		other, _, err := service.Create(t.Context(), w.sara, ticket.CreateParams{ClientID: newID(), Title: "Other", Description: "x", CategoryID: w.categoryIDs[0]})
		must(t, err)
		_, err = service.Assign(t.Context(), w.reza, other.ID, newID(), ava.ID)
		must(t, err)
		if before {
			w.handleStream(t, collector)
		}
		for _, u := range []user.User{sara, ali} {
			stored, err := w.store.User(t.Context(), u.ID)
			must(t, err)
			must(t, w.store.DeleteUser(t.Context(), stored, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: u.ID}))
		}
		demoted := ava
		demoted.Role = user.RoleUser
		must(t, w.store.AdminUpdateUser(t.Context(), ava, demoted, nil, audit.Record{ID: newID(), Action: audit.UserUpdated, Target: ava.ID}))
		w.handleStream(t, collector)
		for _, u := range []user.User{sara, ali} {
			for _, trace := range w.tracesOf(t, u) {
				t.Errorf("handled before %v: %s", before, trace)
			}
		}
		for _, id := range []string{tk.ID, other.ID} {
			log, err := w.store.ReadLogFrom(t.Context(), id, 1)
			must(t, err)
			equal(t, fmt.Sprintf("handled before %v: assignee", before), log.Ticket.State.AssigneeID, "")
		}
		for name := range w.items(t) {
			if strings.HasPrefix(name, "F#") || strings.HasPrefix(name, "A#"+sara.ID) {
				t.Errorf("handled before %v: %s is left", before, name)
			}
		}
	}
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

// jobQueue is a search index queue of JSON messages. Tests run them later.
type jobQueue []events.SQSMessage

func (q *jobQueue) add(group string, job search.IndexJob) error {
	body, err := json.Marshal(job)
	*q = append(*q, events.SQSMessage{MessageId: fmt.Sprint(len(*q)), Body: string(body), Attributes: map[string]string{"MessageGroupId": group}})
	return err
}

func (q *jobQueue) IndexTicket(_ context.Context, ticketID, cause string, terms, staffOnly []string) error {
	return q.add(ticketID, search.IndexJob{TicketID: ticketID, Entry: &search.EntryTerms{Cause: cause, Terms: terms, StaffOnly: staffOnly}})
}

func (q *jobQueue) RefreshTicket(_ context.Context, ticketID string) error {
	return q.add(ticketID, search.IndexJob{TicketID: ticketID})
}

func (q *jobQueue) RefreshUser(_ context.Context, userID string) error {
	return q.add(userID, search.IndexJob{UserID: userID})
}

// run runs the messages from a position on.
func (q *jobQueue) run(t *testing.T, index stream.SearchIndex, from int) {
	t.Helper()
	out, err := worker.UpdateSearchIndex(index, slog.New(slog.DiscardHandler))(t.Context(), events.SQSEvent{Records: (*q)[from:]})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("got %v, failures %v", err, out.BatchItemFailures)
	}
}

// TestDeleteUser_QueuedIndexJobs checks that the search index has nothing of a deleted
// user, wherever the jobs of the queue were when the deletion happened, and when jobs
// from before are run again after it.
func TestDeleteUser_QueuedIndexJobs(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 40)
	var q jobQueue
	handlers := []stream.Handler{stream.IndexSearch(&q), stream.RecordNames(w.store), stream.UpdateNames(w.store, &q, w.service(w.store, w.tick))}
	handle := func(e event.Event) {
		for _, h := range handlers {
			must(t, h(t.Context(), e))
		}
	}
	for ran := range 5 { // jobs that have run before the deletion
		q = nil
		sara := w.person(t, "Zarathustra", user.RoleUser)
		handle(event.UserCreated{User: sara})
		tk, _, err := w.service(w.store, w.tick).Create(t.Context(), sara.Principal(""), ticket.CreateParams{ClientID: newID(), Title: "The parcel", Description: "x", CategoryID: w.categoryIDs[0]})
		must(t, err)
		log, err := w.store.ReadLogFrom(t.Context(), tk.ID, 1)
		must(t, err)
		handle(event.EntryAppended{Entry: log.Entries[0]})
		name := "Zarathustraina"
		renamed, err := w.store.UpdateUser(t.Context(), sara.ID, account.ProfileUpdate{Name: &name})
		must(t, err)
		handle(event.UserChanged{Old: sara, New: renamed})
		before := q[:min(ran, len(q))]
		before.run(t, w.store, 0)
		must(t, w.store.DeleteUser(t.Context(), renamed, audit.Record{ID: newID(), Action: audit.UserDeleted, Target: sara.ID}))
		queued := len(q)
		handle(event.UserDeleted{User: renamed})
		handle(event.NamesOutdated{UserID: sara.ID})
		q.run(t, w.store, len(before))
		q.run(t, w.store, 0) // redriven from a dead-letter queue
		for k := range w.items(t) {
			if strings.HasPrefix(k, "K#") && (strings.Contains(k, "zarat") || strings.Contains(k, strings.TrimPrefix(sara.Phone, "+98"))) {
				t.Errorf("%d of %d jobs before the deletion: %s is left", ran, queued, k)
			}
		}
		for _, message := range q {
			if strings.Contains(strings.ToLower(message.Body), "zarat") {
				t.Errorf("the queue has %s", message.Body)
			}
		}
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
