package stream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeEntryCounter records what was counted.
type fakeEntryCounter struct {
	mu     sync.Mutex
	counts []string
}

func (f *fakeEntryCounter) Count(_ context.Context, userID string, role user.Role, minute time.Time, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts = append(f.counts, fmt.Sprintf("%s %s %s %d", userID, role, minute.Format("15:04:05"), n))
	return nil
}

func (f *fakeEntryCounter) CountReads(_ context.Context, userID string, role user.Role, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts = append(f.counts, fmt.Sprintf("%s %s reads %d", userID, role, n))
	return nil
}

// entryBy is a message by a user at a time.
func entryBy(ticketID string, seq int, kind, userID string, at time.Time) events.DynamoDBEventRecord {
	i := entryOf(ticketID, seq, kind)
	i["b"], i["br"] = stringAttr(userID), stringAttr("user")
	i["at"] = events.NewNumberAttribute(fmt.Sprint(at.UnixMilli()))
	return insert(i)
}

// bySystem gives an entry the role of the system.
func bySystem(record events.DynamoDBEventRecord) events.DynamoDBEventRecord {
	record.Change.NewImage["br"] = stringAttr("system")
	return record
}

// unchangedBy is a change by a user that had nothing to do.
func unchangedBy(ticketID, userID string, at time.Time) events.DynamoDBEventRecord {
	return insert(map[string]events.DynamoDBAttributeValue{
		"PK": stringAttr("T#" + ticketID), "SK": stringAttr("~N#" + userID + "#1"), "b": stringAttr(userID), "br": stringAttr("user"),
		"at": events.NewNumberAttribute(fmt.Sprint(at.UnixMilli())),
	})
}

// TestCountEntries checks that the entries of a user and minute are counted together, and with
// them the changes that had nothing to do, once
// although a batch is retried, and that an opened ticket and the automation are not. Moves of read
// markers are counted too, but not those that the stream moves back.
func TestCountEntries(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 10, 0, time.UTC)
	records := []events.DynamoDBEventRecord{
		entryBy("one", 1, "opened", "sara", at), entryBy("one", 2, "message", "sara", at), entryBy("two", 2, "message", "sara", at.Add(time.Second)),
		entryBy("two", 3, "message", "reza", at), entryBy("one", 3, "message", "sara", at.Add(time.Minute)), bySystem(entryBy("one", 4, "status", ticket.SystemPrincipal().UserID, at)), readMarkerRecord(),
		unchangedBy("one", "reza", at.Add(2*time.Second)), movedBy("one", "sara", 1, 2), movedBy("two", "sara", 0, 9), movedBy("two", "sara", 9, 3),
		entryBy("three", 2, "message", "sara", at),
	}
	failed := "7"
	counter := &fakeEntryCounter{}
	var log bytes.Buffer
	metrics := &metric.Recorder{Namespace: "stack", Out: &log, Now: time.Now}
	handler := stream.CountEntries(func(context.Context, events.DynamoDBEvent) (out events.DynamoDBEventResponse, err error) {
		if failed != "" {
			out.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: failed}}
		}
		return out, nil
	}, dynamo.DecodeRecord, counter, metrics, slog.New(slog.DiscardHandler))
	failures(t, handler, batch(records...))
	failed = ""
	failures(t, handler, batch(records[6:]...)) // Lambda repeats from the failed record on
	slices.Sort(counter.counts)
	want := []string{"ali  reads 1", "reza user 12:00:00 1", "reza user 12:00:00 1", "sara user 12:00:00 1", "sara user 12:00:00 2", "sara user 12:01:00 1", "sara user reads 2"}
	if !slices.Equal(counter.counts, want) {
		t.Errorf("got %q, want %q", counter.counts, want)
	}
	if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, `"Messages":4,"TicketsCreated":1,`) || !strings.Contains(got, `"Messages":1,`) {
		t.Errorf("got the metrics %s, want each entry once", log.String())
	}
}

// movedBy is a read marker of a user that moved.
func movedBy(ticketID, userID string, before, after int) events.DynamoDBEventRecord {
	at := func(seq int) attributes {
		i := item("T#"+ticketID, "P#"+userID)
		i["r"], i["br"] = events.NewNumberAttribute(fmt.Sprint(seq)), stringAttr("user")
		return i
	}
	record := modify(at(after))
	record.Change.OldImage = at(before)
	return record
}

// TestEntryLimits_Reads checks that who moves read markers too often may not for a minute, but may
// still write.
func TestEntryLimits_Reads(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 12, 0, time.UTC)
	clock := func() time.Time { return now }
	store := memstore.New(clock)
	limits := &limit.EntryLimits{PerMinute: 60, PerDay: 1000, StaffFactor: 5, Store: store, Now: clock}
	check := func(name, userID string, n int, role user.Role, blocked bool) {
		t.Helper()
		for _, n := range []int{n - 1, 1} {
			if err := limits.CountReads(t.Context(), userID, role, n); err != nil {
				t.Fatal(err)
			}
		}
		cache := account.NewRevocationCache(store, clock)
		err := cache.CheckRead(t.Context(), userID)
		if blocked != apperr.Is(err, apperr.RateLimited) || !blocked && err != nil || blocked && apperr.From(err).RetryAfter != 68*time.Second {
			t.Errorf("%s: got %v, want blocked %v", name, err, blocked)
		}
		if err := cache.CheckWrite(t.Context(), userID); err != nil {
			t.Errorf("%s: a message: got %v", name, err)
		}
	}
	check("at the limit", "sara", 300, user.RoleUser, false)
	check("above", "sara", 1, user.RoleUser, true)
	check("agent", "ali", 1500, user.RoleSupport, false)
	check("agent above", "ali", 1, user.RoleSupport, true)
	now = now.Add(2 * time.Minute)
	check("another minute", "sara", 300, user.RoleUser, false)
}

func readMarkerRecord() events.DynamoDBEventRecord { return modify(readMarkerOf("one", 2)) }

// TestEntryLimits_Block checks when a user is blocked, and until when.
func TestEntryLimits_Block(t *testing.T) {
	now := time.Date(2026, 3, 1, 23, 30, 12, 0, time.UTC)
	clock := func() time.Time { return now }
	store := memstore.New(clock)
	limits := &limit.EntryLimits{PerMinute: 60, PerDay: 1000, StaffFactor: 5, Store: store, Now: clock}
	wait := func(userID string) time.Duration {
		err := account.NewRevocationCache(store, clock).CheckWrite(t.Context(), userID)
		if err != nil && !apperr.Is(err, apperr.RateLimited) {
			t.Fatal(err)
		}
		if err == nil {
			return 0
		}
		return apperr.From(err).RetryAfter
	}
	for _, c := range []struct {
		user   string
		role   user.Role
		before time.Duration // of the entries
		n      int
		want   time.Duration
	}{
		{"at the limit", user.RoleUser, 0, 60, 0},
		{"above", user.RoleUser, 0, 61, 68 * time.Second},
		{"counted an hour late", user.RoleUser, time.Hour, 61, 0},
		{"agent", user.RoleSupport, 0, 300, 0},
		{"agent above", user.RoleAdmin, 0, 301, 68 * time.Second},
		{"above the day's, until midnight", user.RoleUser, time.Hour, 1001, 29*time.Minute + 48*time.Second},
		{"of yesterday", user.RoleUser, 24 * time.Hour, 1001, 0},
	} {
		minute := now.Add(-c.before).Truncate(time.Minute)
		for _, n := range []int{c.n - 1, 1} {
			if err := limits.Count(t.Context(), c.user, c.role, minute, n); err != nil {
				t.Fatal(err)
			}
		}
		if got := wait(c.user); got != c.want {
			t.Errorf("%s: got a wait of %v, want %v", c.user, got, c.want)
		}
	}
	now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := limits.Count(t.Context(), "a day's at noon", user.RoleUser, now.Add(-time.Minute), 1001); err != nil || wait("a day's at noon") != time.Hour {
		t.Errorf("above the day's at noon: got %v, %v, want an hour", wait("a day's at noon"), err)
	}
}
