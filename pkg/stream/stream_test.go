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

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

var errUnavailable = errors.New("unavailable")

// fixture is a store with a few tickets of sara. It records what the handlers
// read and the frames they push. ali, an agent, is subscribed to the queue and
// to each ticket.
type fixture struct {
	*memstore.Store
	failFor          string // a ticket or user that cannot be read
	noSubscribersFor string // a ticket whose subscribers cannot be read

	mu    sync.Mutex
	calls []string
}

// newFixture stores tickets with three entries, of which only the first is
// projected.
func newFixture(t testing.TB) *fixture {
	t.Helper()
	now := time.Now()
	f := &fixture{Store: memstore.New(time.Now)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	subscribe := func(u user.Principal, topics ...string) {
		t.Helper()
		c := realtime.Connection{ID: u.UserID + "'s", Principal: u, OpenedAt: now, ExpiresAt: now.Add(time.Hour)}
		must(f.AddConnection(t.Context(), c))
		for _, topic := range topics {
			_, err := f.Subscribe(t.Context(), c, topic)
			must(err)
		}
	}
	topics := []string{realtime.QueueTopic}
	for _, id := range []string{"t", "u", "bad", "dark", "beside"} {
		opened := ticket.Entry{
			TicketID: id, Seq: 1, Kind: ticket.KindOpened, Author: ticket.Author{ID: "sara", Role: user.RoleUser},
			Opening: &ticket.Opening{Title: "T"}, State: ticket.State{Status: ticket.StatusNew}, CreatedAt: now,
		}
		_, err := f.CreateTicket(t.Context(), ticket.Fold(ticket.Ticket{}, []ticket.Entry{opened}), opened, nil)
		must(err)
		for seq := 2; seq <= 3; seq++ {
			e := opened
			e.Seq, e.Kind, e.Opening = seq, ticket.KindMessage, nil
			_, err := f.AppendEntry(t.Context(), e)
			must(err)
		}
		topics = append(topics, realtime.TicketTopic(id))
	}
	subscribe(user.Principal{UserID: "sara", Role: user.RoleUser}, realtime.UserTopic("sara"))
	subscribe(user.Principal{UserID: "ali", Role: user.RoleSupport}, topics...)
	f.Before = f.beforeOperation
	return f
}

// beforeOperation records reads of logs and copies of users, and fails
// operations on failFor and noSubscribersFor.
func (f *fixture) beforeOperation(operation, key string) error {
	switch operation {
	case "ReadLogPage":
		f.record("read " + key)
	case "SyncUserCopies":
		f.record("copy " + key)
	}
	failing := key == f.failFor || key == realtime.TicketTopic(f.noSubscribersFor)
	if failing && key != "" {
		return errUnavailable
	}
	return nil
}

func (f *fixture) record(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

// Send implements realtime.Pusher.
func (f *fixture) Send(_ context.Context, connectionID string, data []byte) error {
	var frame struct{ Type string }
	if err := json.Unmarshal(data, &frame); err != nil {
		return err
	}
	f.record(frame.Type + " to " + connectionID)
	return nil
}

// handlers returns the handlers of both functions, and their log.
func (f *fixture) handlers() (project, deliver stream.BatchHandler, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	hub := &realtime.Hub{Store: f, Pusher: f, Now: time.Now}
	service := &ticket.Service{Store: f, Now: time.Now}
	project = stream.NewBatchHandler(logger, nil, dynamo.DecodeRecord, stream.ProjectTickets(service), stream.SyncUserCopies(f))
	return project, stream.NewBatchHandler(logger, nil, dynamo.DecodeRecord, stream.PublishChanges(f, &ws.Publisher{Hub: hub, Revocations: account.NewRevocationCache(f, time.Now), Log: logger})), log
}

// attributes is the image of an item in a stream record.
type attributes map[string]events.DynamoDBAttributeValue

func stringAttr(s string) events.DynamoDBAttributeValue { return events.NewStringAttribute(s) }

func item(pk, sk string) attributes { return attributes{"PK": stringAttr(pk), "SK": stringAttr(sk)} }

func entryOf(ticketID string, seq int, kind string) attributes {
	i := item("T#"+ticketID, fmt.Sprintf("M#%010d", seq))
	i["k"] = stringAttr(kind)
	return i
}

// ticketOf returns Sara's ticket with a number of entries, of which she sees some.
func ticketOf(ticketID string, entries, public int) attributes {
	number := func(n int) events.DynamoDBAttributeValue { return events.NewNumberAttribute(fmt.Sprint(n)) }
	i := item("T#"+ticketID, "~H")
	i["rev"], i["row"] = number(2), events.NewMapAttribute(attributes{"u": stringAttr("sara"), "l": number(entries), "lp": number(public)})
	return i
}

// changed returns the record of a changed item.
func changed(before, after attributes) events.DynamoDBEventRecord {
	r := modify(after)
	r.Change.OldImage = before
	return r
}

func readMarkerOf(ticketID string, seq int) attributes {
	i := item("T#"+ticketID, "P#ali")
	i["r"] = events.NewNumberAttribute(fmt.Sprint(seq))
	return i
}

// batch returns an event with the records, numbered from 1.
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

// removeWithImage returns the record of a deleted item with its old image.
func removeWithImage(i attributes) events.DynamoDBEventRecord {
	r := record(events.DynamoDBOperationTypeRemove, nil)
	r.Change.Keys, r.Change.OldImage = i, i
	return r
}

func record(kind events.DynamoDBOperationType, i attributes) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{EventName: string(kind), Change: events.DynamoDBStreamRecord{Keys: attributes{"PK": i["PK"], "SK": i["SK"]}, NewImage: i}}
}

// invalidRecord returns a record that cannot be decoded.
func invalidRecord() events.DynamoDBEventRecord {
	i := entryOf("t", 9, "message")
	i["b"] = events.NewBinaryAttribute([]byte{1})
	return insert(i)
}

// failures returns the sequence numbers that a handler reports as failed.
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
		calls  []string
		failed []string
	}{
		{"empty", batch(), nil, nil},
		{"new entries", batch(insert(entryOf("t", 1, "opened")), insert(entryOf("u", 2, "message"))), []string{"read t", "read u"}, nil},
		{"changed attachment", batch(modify(entryOf("t", 1, "opened"))), nil, nil},
		{"read marker", batch(modify(readMarkerOf("t", 1))), []string{"read t"}, nil},
		{"stored ticket", batch(modify(item("T#t", "~H"))), nil, nil},
		{"changed user", batch(modify(item("U#sara", "~U"))), []string{"copy sara"}, nil},
		{"new user", batch(insert(item("U#sara", "~U"))), nil, nil},
		{"other items", batch(insert(item("C#c", "C")), insert(item("W#queue", "P#x")), remove(entryOf("t", 1, "opened"))), nil, nil},
		{"the second of three fails", batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), insert(entryOf("bad", 4, "message"))),
			[]string{"read bad", "read t"}, []string{"2"}},
		{"the last one fails", batch(insert(entryOf("t", 2, "message")), modify(item("U#bad", "~U"))), []string{"copy bad", "read t"}, []string{"2"}},
		{"invalid record", batch(insert(entryOf("t", 2, "message")), invalidRecord(), insert(entryOf("t", 3, "message"))), []string{"read t"}, []string{"2"}},
	} {
		f := newFixture(t)
		f.failFor = "bad"
		project, _, log := f.handlers()
		if failed := failures(t, project, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if calls := f.distinctCalls(); !slices.Equal(calls, c.calls) {
			t.Errorf("%s: calls %q, want %q", c.name, calls, c.calls)
		}
		if logged := strings.Contains(log.String(), "stream record failed"); logged != (c.failed != nil) {
			t.Errorf("%s: log %q", c.name, log)
		}
	}
}

// distinctCalls returns the recorded calls, sorted and without repetitions.
func (f *fixture) distinctCalls() []string {
	slices.Sort(f.calls)
	return slices.Compact(f.calls)
}

func TestBatchHandler_Deliver(t *testing.T) {
	for _, c := range []struct {
		name   string
		batch  events.DynamoDBEvent
		calls  []string
		failed []string
	}{
		{"empty", batch(), nil, nil},
		{"entry, which the ticket lacks", batch(insert(entryOf("t", 2, "message"))), nil, nil},
		{"message", batch(changed(ticketOf("t", 1, 1), ticketOf("t", 2, 2))), []string{"head to ali's", "head to sara's", "ticket to ali's"}, nil},
		{"note", batch(changed(ticketOf("t", 1, 1), ticketOf("t", 2, 1))), []string{"head to ali's", "ticket to ali's"}, nil},
		{"repeated", batch(changed(ticketOf("t", 2, 2), ticketOf("t", 2, 2))), nil, nil},
		{"changed attachment", batch(modify(entryOf("t", 1, "opened"))), nil, nil},
		{"read marker", batch(modify(readMarkerOf("t", 1))), []string{"read t", "read to ali's"}, nil},
		{"read marker of a deleted ticket", batch(modify(readMarkerOf("deleted", 1))), []string{"read deleted"}, nil},
		{"the first of two fails", batch(modify(ticketOf("dark", 2, 2)), modify(ticketOf("dark", 3, 3)), modify(ticketOf("t", 2, 2))),
			[]string{"head to ali's", "head to sara's", "ticket to ali's"}, []string{"1"}},
		{"subscribers cannot be read", batch(modify(readMarkerOf("dark", 1))), []string{"read dark"}, []string{"1"}},
		{"invalid record", batch(invalidRecord(), modify(item("T#t", "~H"))), nil, []string{"1"}},
	} {
		f := newFixture(t)
		f.noSubscribersFor = "dark"
		_, deliver, _ := f.handlers()
		if failed := failures(t, deliver, c.batch); !slices.Equal(failed, c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
		}
		if slices.Sort(f.calls); !slices.Equal(f.calls, c.calls) {
			t.Errorf("%s: calls %q, want %q", c.name, f.calls, c.calls)
		}
	}
}

// TestProjectTickets_OncePerBatch checks that a ticket is read once per batch.
func TestProjectTickets_OncePerBatch(t *testing.T) {
	countReads := func(b events.DynamoDBEvent) int {
		f := newFixture(t)
		project, _, _ := f.handlers()
		if failed := failures(t, project, b); failed != nil {
			t.Errorf("failed %v", failed)
		}
		return len(f.calls)
	}
	one := countReads(batch(insert(entryOf("t", 2, "message"))))
	if three := countReads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("t", 3, "note")), modify(readMarkerOf("t", 3)))); one == 0 || three != one {
		t.Errorf("read %d times for three changes, %d times for one", three, one)
	}
	if both := countReads(batch(insert(entryOf("t", 2, "message")), insert(entryOf("u", 2, "message")))); both != 2*one {
		t.Errorf("read %d times for two tickets, %d times for one", both, one)
	}
}

// TestBatchHandler_ResumesAtFailure checks a retry from the first failed record.
func TestBatchHandler_ResumesAtFailure(t *testing.T) {
	f := newFixture(t)
	f.failFor = "bad"
	project, _, _ := f.handlers()
	b := batch(insert(entryOf("t", 2, "message")), insert(entryOf("bad", 3, "message")), modify(item("U#sara", "~U")))
	failed := failures(t, project, b)
	if !slices.Equal(failed, []string{"2"}) {
		t.Fatalf("failed %v, want the second", failed)
	}
	f.failFor = ""
	if failed := failures(t, project, events.DynamoDBEvent{Records: b.Records[1:]}); failed != nil {
		t.Errorf("again: failed %v", failed)
	}
	if calls := f.distinctCalls(); !slices.Contains(calls, "copy sara") {
		t.Errorf("calls %q", calls)
	}
}
