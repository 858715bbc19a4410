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

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

var errUnavailable = errors.New("unavailable")

// fakeStore records the calls of the handlers under test.
type fakeStore struct {
	mu            sync.Mutex
	calls         []string
	failFor       string // a ticket or user that cannot be read
	deletedTicket string // a ticket that does not exist

	// noSubscribersFor is a ticket whose subscribers cannot be read.
	noSubscribersFor string
}

// fakeTickets and fakeSubscribers implement the store methods that the handlers
// call.
type (
	fakeTickets struct {
		ticket.Store
		*fakeStore
	}
	fakeSubscribers struct {
		realtime.Store
		*fakeStore
	}
)

func (s *fakeStore) record(format string, a ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, a...))
}

func (s *fakeStore) readLog(ticketID string) (ticket.Log, error) {
	if ticketID == s.failFor {
		return ticket.Log{}, errUnavailable
	}
	if ticketID == s.deletedTicket {
		return ticket.Log{}, nil
	}
	return ticket.Log{Ticket: ticket.Ticket{
		ID: ticketID, Customer: ticket.UserRef{ID: "sara"}, State: ticket.State{Status: ticket.StatusNew}, LastSeq: 1, PublicSeq: 1, Revision: 2,
	}}, nil
}

func (t fakeTickets) ReadLogFrom(_ context.Context, ticketID string, from int) (ticket.Log, error) {
	t.record("read %s from %d", ticketID, from)
	return t.readLog(ticketID)
}

func (t fakeTickets) ReadLogLatest(_ context.Context, ticketID string, _ int) (ticket.Log, error) {
	return t.readLog(ticketID)
}

func (s *fakeStore) SyncUserCopies(_ context.Context, userID string) (user.User, error) {
	s.record("copy %s", userID)
	if userID == s.failFor {
		return user.User{}, errUnavailable
	}
	return user.User{}, nil
}

// Subscribers returns sara for her own topic, and ali for every other topic.
func (s fakeSubscribers) Subscribers(_ context.Context, topic string) ([]realtime.Subscriber, error) {
	if topic == realtime.TicketTopic(s.noSubscribersFor) {
		return nil, errUnavailable
	}
	if topic == realtime.UserTopic("sara") {
		return []realtime.Subscriber{{Topic: topic, ConnectionID: "sara's", UserID: "sara", Role: user.RoleUser}}, nil
	}
	return []realtime.Subscriber{{Topic: topic, ConnectionID: "ali's", UserID: "ali", Role: user.RoleSupport}}, nil
}

func (s *fakeStore) Send(_ context.Context, connectionID string, data []byte) error {
	var frame struct{ Type string }
	if err := json.Unmarshal(data, &frame); err != nil {
		return err
	}
	s.record("%s to %s", frame.Type, connectionID)
	return nil
}

// handlers returns the handlers of both functions, and their log.
func (s *fakeStore) handlers() (project, deliver stream.BatchHandler, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub := &realtime.Hub{Store: fakeSubscribers{fakeStore: s}, Pusher: s, Now: time.Now}
	tickets := fakeTickets{fakeStore: s}
	service := &ticket.Service{Store: tickets, Now: time.Now}
	project = stream.NewBatchHandler(logger, dynamo.DecodeRecord, stream.ProjectTickets(service), stream.SyncUserCopies(s))
	return project, stream.NewBatchHandler(logger, dynamo.DecodeRecord, stream.PushChanges(tickets, &ws.Publisher{Hub: hub, Log: logger})), log
}

// attributes is an item in a stream record.
type attributes map[string]events.DynamoDBAttributeValue

func stringAttr(s string) events.DynamoDBAttributeValue { return events.NewStringAttribute(s) }

func item(pk, sk string) attributes { return attributes{"PK": stringAttr(pk), "SK": stringAttr(sk)} }

func entryOf(ticketID string, seq int, kind string) attributes {
	i := item("T#"+ticketID, fmt.Sprintf("M#%010d", seq))
	i["k"] = stringAttr(kind)
	return i
}

func readMarkerOf(ticketID string, seq int) attributes {
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

func insert(i attributes) events.DynamoDBEventRecord {
	return record(events.DynamoDBOperationTypeInsert, i)
}
func modify(i attributes) events.DynamoDBEventRecord {
	return record(events.DynamoDBOperationTypeModify, i)
}
func remove(i attributes) events.DynamoDBEventRecord {
	return record(events.DynamoDBOperationTypeRemove, i)
}

// removeWithImage is a record that tells what was, as the stream does of removals.
func removeWithImage(i attributes) events.DynamoDBEventRecord {
	r := record(events.DynamoDBOperationTypeRemove, nil)
	r.Change.Keys, r.Change.OldImage = i, i
	return r
}

func record(kind events.DynamoDBOperationType, i attributes) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{Keys: attributes{"PK": i["PK"], "SK": i["SK"]}, NewImage: i}}
}

// invalidRecord is a record that nobody can read.
func invalidRecord() events.DynamoDBEventRecord {
	i := entryOf("t", 9, "message")
	i["b"] = events.NewBinaryAttribute([]byte{1})
	return insert(i)
}

// failures are the sequence numbers that a handler gives back.
func failures(t *testing.T, h stream.BatchHandler, b events.DynamoDBEvent) []string {
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

func TestBatchHandler_Project(t *testing.T) {
	for _, c := range []struct {
		name   string
		batch  events.DynamoDBEvent
		did    []string
		failed []string
	}{
		{"nothing", batch(), nil, nil},
		{"new entries", batch(insert(entryOf("t", 1, "opened")), insert(entryOf("u", 2, "message"))), []string{"read t from 1", "read u from 2"}, nil},
		{"a judged file", batch(modify(entryOf("t", 1, "opened"))), nil, nil},
		{"a read mark", batch(modify(readMarkerOf("t", 1))), []string{"read t from 2"}, nil},
		{"a head, its own work", batch(modify(item("T#t", "~H"))), nil, nil},
		{"a changed user", batch(modify(item("U#sara", "~U"))), []string{"copy sara"}, nil},
		{"a new user", batch(insert(item("U#sara", "~U"))), nil, nil},
		{"other things", batch(insert(item("C#c", "C")), insert(item("W#queue", "P#x")), remove(entryOf("t", 1, "opened"))), nil, nil},
		{"the second of three fails", batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), insert(entryOf("bad", 4, "message"))),
			[]string{"read bad from 3", "read t from 2"}, []string{"2"}},
		{"the last one fails", batch(insert(entryOf("t", 2, "message")), modify(item("U#bad", "~U"))), []string{"copy bad", "read t from 2"}, []string{"2"}},
		{"poison", batch(insert(entryOf("t", 2, "message")), invalidRecord(), insert(entryOf("t", 3, "message"))), []string{"read t from 2"}, []string{"2"}},
	} {
		s := &fakeStore{failFor: "bad"}
		project, _, log := s.handlers()
		if failed := failures(t, project, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if did := s.distinctCalls(); !slices.Equal(did, c.did) {
			t.Errorf("%s: did %q, want %q", c.name, did, c.did)
		}
		if logged := strings.Contains(log.String(), "stream record failed"); logged != (c.failed != nil) {
			t.Errorf("%s: the log says %q", c.name, log)
		}
	}
}

// distinctCalls is what was done, sorted, without a read that only looks behind the head.
func (s *fakeStore) distinctCalls() []string {
	slices.Sort(s.calls)
	return slices.CompactFunc(s.calls, func(a, b string) bool {
		return strings.HasPrefix(a, "read ") && strings.Fields(a)[1] == strings.Fields(b)[1]
	})
}

func TestBatchHandler_Deliver(t *testing.T) {
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
		{"a read mark", batch(modify(readMarkerOf("t", 1))), []string{"read to ali's"}, nil},
		{"a deleted ticket", batch(insert(entryOf("deleted", 2, "message"))), nil, nil},
		{"the first of two fails", batch(insert(entryOf("bad", 2, "message")), insert(entryOf("bad", 3, "message")), insert(entryOf("t", 2, "message"))),
			[]string{"head to ali's", "head to sara's"}, []string{"1"}},
		{"nobody knows who watches", batch(insert(entryOf("dark", 2, "message")), modify(readMarkerOf("dark", 1))), nil, []string{"1"}},
		{"poison", batch(invalidRecord(), modify(item("T#t", "~H"))), nil, []string{"1"}},
	} {
		s := &fakeStore{failFor: "bad", deletedTicket: "deleted", noSubscribersFor: "dark"}
		_, deliver, _ := s.handlers()
		if failed := failures(t, deliver, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if slices.Sort(s.calls); !slices.Equal(s.calls, c.did) {
			t.Errorf("%s: did %q, want %q", c.name, s.calls, c.did)
		}
	}
}

// TestProjectTickets_OncePerBatch: what a batch brings of a ticket costs what
// its first entry costs.
func TestProjectTickets_OncePerBatch(t *testing.T) {
	countReads := func(b events.DynamoDBEvent) int {
		s := &fakeStore{}
		project, _, _ := s.handlers()
		if failed := failures(t, project, b); failed != nil {
			t.Errorf("failed %v", failed)
		}
		return len(s.calls)
	}
	one := countReads(batch(insert(entryOf("t", 2, "message"))))
	if three := countReads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("t", 3, "note")), modify(readMarkerOf("t", 3)))); one == 0 || three != one {
		t.Errorf("read %d times for three changes, %d times for one", three, one)
	}
	if both := countReads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("u", 2, "message")))); both != 2*one {
		t.Errorf("read %d times for two tickets, %d times for one", both, one)
	}
}

// TestBatchHandler_ResumesAtFailure: Lambda comes again with what is left; all is done
// in the end.
func TestBatchHandler_ResumesAtFailure(t *testing.T) {
	s := &fakeStore{failFor: "bad"}
	project, _, _ := s.handlers()
	b := batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), modify(item("U#sara", "~U")))
	failed := failures(t, project, b)
	if !slices.Equal(failed, []string{"2"}) {
		t.Fatalf("failed %v, want the second", failed)
	}
	s.failFor = ""
	if failed := failures(t, project, events.DynamoDBEvent{Records: b.Records[1:]}); failed != nil {
		t.Errorf("again: failed %v", failed)
	}
	if did := s.distinctCalls(); !slices.Contains(did, "copy sara") {
		t.Errorf("did %q", did)
	}
}
