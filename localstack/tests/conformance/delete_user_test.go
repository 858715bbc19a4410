package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
)

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
		w.deleteUsers(t, u)
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

// TestDeleteUser_Suppressions checks which suppressions end with a user: those of mail that was sent
// to the user, but not the complaint of somebody whose address the user had entered.
func TestDeleteUser_Suppressions(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 23)
	collector := newRecordCollector(t, w)
	owner, stranger := w.person(t, "Zarathustra", user.RoleUser), w.person(t, "Xenophon", user.RoleUser)
	suppress := func(address, reason string, u user.User, unconfirmed bool) {
		t.Helper()
		must(t, w.store.Suppress(t.Context(), notification.MailFeedback{Address: address, Reason: reason, UserID: u.ID, Unconfirmed: unconfirmed}))
	}
	suppress(owner.Email, notification.ReasonComplaint, owner, false)
	suppress("mistyped@example.com", notification.ReasonBounce, stranger, true)
	suppress("former@example.com", notification.ReasonComplaint, stranger, false)
	suppress("another@example.com", notification.ReasonComplaint, stranger, true)
	_, err := w.store.UpdateUser(t.Context(), stranger.ID, account.ProfileUpdate{Email: &owner.Email})
	must(t, err)
	w.deleteUsers(t, stranger)
	w.handleStream(t, collector)
	suppress("late@example.com", notification.ReasonComplaint, stranger, true)
	for address, want := range map[string]bool{
		owner.Email: true, "another@example.com": true, "late@example.com": true, "mistyped@example.com": false, "former@example.com": false,
	} {
		if got, err := w.store.IsSuppressed(t.Context(), address); err != nil || got != want {
			t.Errorf("%s: got suppressed %v, %v, want %v", address, got, err, want)
		}
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
		w.deleteUsers(t, sara, ali)
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
	w.deleteUsers(t, sara, ali)
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

// beforeWrite is an HTTP client that runs a function before the first write.
type beforeWrite struct {
	next aws.HTTPClient
	run  func()
}

func (c *beforeWrite) Do(r *http.Request) (*http.Response, error) {
	if run := c.run; run != nil && !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Query") {
		c.run = nil
		run()
	}
	return c.next.Do(r)
}

// TestRemoveUserFromAudit_Concurrent removes the actor and the target of an audit record at
// once: neither removal restores what the other has erased.
func TestRemoveUserFromAudit_Concurrent(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		w := newEmptyWorkload(t, 1)
		actor, target := newLogin().User, newLogin()
		must(t, w.store.CreateUser(t.Context(), target, audit.Record{
			ID: newID(), Actor: audit.Actor{ID: actor.ID, Name: actor.Name, Address: "192.0.2.7"}, Action: audit.UserCreated, Target: target.User.ID,
			Before: audit.Fields{"name": "Former", "role": "user"}, After: audit.Fields{"phone": target.Phone, "name": "Zarathustra", "email": "z@example.com", "role": "support"},
		}))
		remove := func(store *dynamo.Store, userID string) {
			_, err := store.RemoveUserFromAudit(t.Context(), userID, nil, 100)
			must(t, err)
		}
		ids := []string{actor.ID, target.User.ID}
		config := w.config.Copy()
		config.HTTPClient = &beforeWrite{config.HTTPClient, func() { remove(w.store, ids[order[1]]) }}
		remove(dynamo.New(config, w.tableName, fixedNow), ids[order[0]])
		records, _, err := w.store.AuditRecords(t.Context(), audit.Query{Limit: 10})
		must(t, err)
		want := audit.Record{Before: audit.Fields{"role": "user"}, After: audit.Fields{"role": "support"}}
		if got := records[0]; len(records) != 1 || got.Actor.Address != "" || !reflect.DeepEqual(got.Before, want.Before) || !reflect.DeepEqual(got.After, want.After) {
			t.Errorf("order %v: got %+v, want no address, name, number or e-mail", order, records)
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
		w.deleteUsers(t, sara, ali)
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

func (q *jobQueue) IndexOpening(_ context.Context, ticketID, cause string, terms []string) error {
	return q.add(ticketID, search.IndexJob{TicketID: ticketID, Entry: &search.EntryTerms{Cause: cause, Terms: terms}, Refresh: true})
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
	handlers := []stream.Handler{stream.IndexSearch(&q), stream.RecordNameReferences(w.store), stream.PropagateUser(w.store, &q, w.service(w.store, w.tick))}
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
		handle(event.UserPropagation{UserID: sara.ID})
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

// TestDeleteUser_PendingBroadcast checks that a broadcast ends although recipients were deleted
// before it was delivered to them.
func TestDeleteUser_PendingBroadcast(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store, ok := db.open().(*dynamo.Store)
		if !ok {
			t.Skip("memstore erases no users")
		}
		ids := createUsers(t, db, 4)
		b := createBroadcast(t, db, ids)
		_, err := newBroadcastRunner(db).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
		must(t, err)
		var page notification.Page
		await(t, func() error {
			page, err = store.ListNotifications(t.Context(), ids[0], notification.Query{Limit: 1})
			if err == nil && len(page.Notifications) == 0 {
				err = errors.New("no notification")
			}
			return err
		})
		claimed := claim(t, db, notification.DeliveryJob{UserID: ids[0], ID: page.Notifications[0].ID, Channel: notification.Email}, app.Now())
		for _, userID := range ids {
			if more, err := store.DeleteNotifications(t.Context(), userID, 25); more || err != nil {
				t.Fatalf("got more %v, %v", more, err)
			}
		}
		d := claimed.Deliveries[notification.Email]
		d.State, d.At = notification.Sent, app.Now()
		must(t, store.CompleteDelivery(t.Context(), claimed, notification.Email, d)) // it was counted before
		got, err := store.Broadcast(t.Context(), b.ID)
		must(t, err)
		want := "4 written email {0 0 0 4} sms {0 0 0 4} push {0 0 0 4}"
		if text := broadcastState(got); text != want || got.PublicState() != broadcast.Done {
			t.Errorf("got %s, public state %s, want %s, done", text, got.PublicState(), want)
		}
	})
}
