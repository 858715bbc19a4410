package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var errNoAnswer = errors.New("no answer")

// world is what the handlers work on: tickets, users and open sockets. It
// writes down what is asked of it.
type world struct {
	mu      sync.Mutex
	did     []string
	fails   string // a ticket or user that cannot be reached
	deleted string // a ticket that is not there any more
	// unwatched is a ticket whose watchers cannot be found out.
	unwatched string
}

// books and lobby are the stores of the world. The handlers ask for no more
// than they have.
type (
	books struct {
		ticket.Store
		*world
	}
	lobby struct {
		realtime.Store
		*world
	}
)

func (w *world) note(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did = append(w.did, fmt.Sprintf(format, a...))
}

func (w *world) head(ticketID string) (ticket.Log, error) {
	if ticketID == w.fails {
		return ticket.Log{}, errNoAnswer
	}
	if ticketID == w.deleted {
		return ticket.Log{}, nil
	}
	return ticket.Log{Head: ticket.Head{
		ID: ticketID, Customer: ticket.Person{ID: "sara"}, State: ticket.State{Status: ticket.StatusNew}, LastSeq: 1, PublicSeq: 1, Revision: 2,
	}}, nil
}

func (b books) Tail(_ context.Context, ticketID string, from int) (ticket.Log, error) {
	b.note("read %s from %d", ticketID, from)
	return b.head(ticketID)
}

func (b books) Newest(_ context.Context, ticketID string, _ int) (ticket.Log, error) {
	return b.head(ticketID)
}

func (w *world) CopyUser(_ context.Context, userID string) (user.User, error) {
	w.note("copy %s", userID)
	if userID == w.fails {
		return user.User{}, errNoAnswer
	}
	return user.User{}, nil
}

// Watchers: Sara watches her own things, Ali all tickets.
func (l lobby) Watchers(_ context.Context, topic string) ([]realtime.Watcher, error) {
	if topic == realtime.TicketTopic(l.unwatched) {
		return nil, errNoAnswer
	}
	if topic == realtime.UserTopic("sara") {
		return []realtime.Watcher{{Topic: topic, ConnectionID: "sara's", UserID: "sara", Role: user.RoleUser}}, nil
	}
	return []realtime.Watcher{{Topic: topic, ConnectionID: "ali's", UserID: "ali", Role: user.RoleSupport}}, nil
}

func (w *world) Post(_ context.Context, connectionID string, data []byte) error {
	var frame struct{ Type string }
	if err := json.Unmarshal(data, &frame); err != nil {
		return err
	}
	w.note("%s to %s", frame.Type, connectionID)
	return nil
}

// handlers are both, with a log that can be read.
func (w *world) handlers() (project, deliver stream.Handler, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub := &realtime.Hub{Store: lobby{world: w}, Pusher: w, Now: time.Now}
	tickets := books{world: w}
	desk := &ticket.Desk{Store: tickets, Now: time.Now}
	project = stream.Handle(logger, stream.Heads(desk), stream.Copies(w))
	return project, stream.Handle(logger, stream.Frames(tickets, &api.News{Hub: hub, Log: logger})), log
}

// image is the new state of an item in a record of the stream.
type image map[string]events.DynamoDBAttributeValue

func text(s string) events.DynamoDBAttributeValue { return events.NewStringAttribute(s) }

func item(pk, sk string) image { return image{"PK": text(pk), "SK": text(sk)} }

func entryOf(ticketID string, seq int, kind string) image {
	i := item("T#"+ticketID, fmt.Sprintf("M#%010d", seq))
	i["k"] = text(kind)
	return i
}

func markOf(ticketID string, seq int) image {
	i := item("T#"+ticketID, "P#ali")
	i["r"] = events.NewNumberAttribute(fmt.Sprint(seq))
	return i
}

// batch makes one of records; their sequence numbers count from 1.
func batch(records ...events.DynamoDBEventRecord) events.DynamoDBEvent {
	for i := range records {
		records[i].Change.SequenceNumber = fmt.Sprint(i + 1)
	}
	return events.DynamoDBEvent{Records: records}
}

func insert(i image) events.DynamoDBEventRecord { return record(events.DynamoDBOperationTypeInsert, i) }
func modify(i image) events.DynamoDBEventRecord { return record(events.DynamoDBOperationTypeModify, i) }
func remove(i image) events.DynamoDBEventRecord { return record(events.DynamoDBOperationTypeRemove, i) }

// removed is a record that tells what was, as the stream does of removals.
func removed(i image) events.DynamoDBEventRecord {
	r := record(events.DynamoDBOperationTypeRemove, nil)
	r.Change.Keys, r.Change.OldImage = i, i
	return r
}

func record(kind events.DynamoDBOperationType, i image) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{Keys: image{"PK": i["PK"], "SK": i["SK"]}, NewImage: i}}
}

// poison is a record that nobody can read.
func poison() events.DynamoDBEventRecord {
	i := entryOf("t", 9, "message")
	i["b"] = events.NewBinaryAttribute([]byte{1})
	return insert(i)
}

// failures are the sequence numbers that a handler gives back.
func failures(t *testing.T, h stream.Handler, b events.DynamoDBEvent) []string {
	t.Helper()
	out, err := h(context.Background(), b)
	if err != nil {
		t.Fatalf("got %v: an error fails the whole batch", err)
	}
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func TestProject(t *testing.T) {
	for _, c := range []struct {
		name   string
		batch  events.DynamoDBEvent
		did    []string
		failed []string
	}{
		{"nothing", batch(), nil, nil},
		{"new entries", batch(insert(entryOf("t", 1, "opened")), insert(entryOf("u", 2, "message"))), []string{"read t from 1", "read u from 2"}, nil},
		{"a judged file", batch(modify(entryOf("t", 1, "opened"))), nil, nil},
		{"a read mark", batch(modify(markOf("t", 1))), []string{"read t from 2"}, nil},
		{"a head, its own work", batch(modify(item("T#t", "~H"))), nil, nil},
		{"a changed user", batch(modify(item("U#sara", "~U"))), []string{"copy sara"}, nil},
		{"a new user", batch(insert(item("U#sara", "~U"))), nil, nil},
		{"other things", batch(insert(item("C#c", "C")), insert(item("W#queue", "P#x")), remove(entryOf("t", 1, "opened"))), nil, nil},
		{"the second of three fails", batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), insert(entryOf("bad", 4, "message"))),
			[]string{"read bad from 3", "read t from 2"}, []string{"2"}},
		{"the last one fails", batch(insert(entryOf("t", 2, "message")), modify(item("U#bad", "~U"))), []string{"copy bad", "read t from 2"}, []string{"2"}},
		{"poison", batch(insert(entryOf("t", 2, "message")), poison(), insert(entryOf("t", 3, "message"))), []string{"read t from 2"}, []string{"2"}},
	} {
		w := &world{fails: "bad"}
		project, _, log := w.handlers()
		if failed := failures(t, project, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if did := w.news(); !slices.Equal(did, c.did) {
			t.Errorf("%s: did %q, want %q", c.name, did, c.did)
		}
		if logged := strings.Contains(log.String(), "record failed"); logged != (c.failed != nil) {
			t.Errorf("%s: the log says %q", c.name, log)
		}
	}
}

// news is what was done, sorted, without a read that only looks behind the head.
func (w *world) news() []string {
	slices.Sort(w.did)
	return slices.CompactFunc(w.did, func(a, b string) bool {
		return strings.HasPrefix(a, "read ") && strings.Fields(a)[1] == strings.Fields(b)[1]
	})
}

func TestDeliver(t *testing.T) {
	for _, c := range []struct {
		name   string
		batch  events.DynamoDBEvent
		did    []string
		failed []string
	}{
		{"nothing", batch(), nil, nil},
		{"a message", batch(insert(entryOf("t", 2, "message"))), []string{"head to ali's", "head to sara's"}, nil},
		{"a note", batch(insert(entryOf("t", 2, "note"))), []string{"head to ali's"}, nil},
		{"a judged file", batch(modify(entryOf("t", 1, "opened"))), nil, nil},
		{"a head", batch(modify(item("T#t", "~H"))), []string{"ticket to ali's"}, nil},
		{"a read mark", batch(modify(markOf("t", 1))), []string{"read to ali's"}, nil},
		{"a deleted ticket", batch(insert(entryOf("deleted", 2, "message"))), nil, nil},
		{"the first of two fails", batch(insert(entryOf("bad", 2, "message")), insert(entryOf("bad", 3, "message")), insert(entryOf("t", 2, "message"))),
			[]string{"head to ali's", "head to sara's"}, []string{"1"}},
		{"nobody knows who watches", batch(insert(entryOf("dark", 2, "message")), modify(markOf("dark", 1))), nil, []string{"1"}},
		{"poison", batch(poison(), modify(item("T#t", "~H"))), nil, []string{"1"}},
	} {
		w := &world{fails: "bad", deleted: "deleted", unwatched: "dark"}
		_, deliver, _ := w.handlers()
		if failed := failures(t, deliver, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if slices.Sort(w.did); !slices.Equal(w.did, c.did) {
			t.Errorf("%s: did %q, want %q", c.name, w.did, c.did)
		}
	}
}

// TestATicketIsFoldedOnceInABatch: what a batch brings of a ticket costs what
// its first entry costs.
func TestATicketIsFoldedOnceInABatch(t *testing.T) {
	reads := func(b events.DynamoDBEvent) int {
		w := &world{}
		project, _, _ := w.handlers()
		if failed := failures(t, project, b); failed != nil {
			t.Errorf("failed %v", failed)
		}
		return len(w.did)
	}
	one := reads(batch(insert(entryOf("t", 2, "message"))))
	if three := reads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("t", 3, "note")), modify(markOf("t", 3)))); one == 0 || three != one {
		t.Errorf("read %d times for three changes, %d times for one", three, one)
	}
	if both := reads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("u", 2, "message")))); both != 2*one {
		t.Errorf("read %d times for two tickets, %d times for one", both, one)
	}
}

// TestAgainFromTheFailure: Lambda comes again with what is left; all is done
// in the end.
func TestAgainFromTheFailure(t *testing.T) {
	w := &world{fails: "bad"}
	project, _, _ := w.handlers()
	b := batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), modify(item("U#sara", "~U")))
	failed := failures(t, project, b)
	if !slices.Equal(failed, []string{"2"}) {
		t.Fatalf("failed %v, want the second", failed)
	}
	w.fails = ""
	if failed := failures(t, project, events.DynamoDBEvent{Records: b.Records[1:]}); failed != nil {
		t.Errorf("again: failed %v", failed)
	}
	if did := w.news(); !slices.Contains(did, "copy sara") {
		t.Errorf("did %q", did)
	}
}
