package stream_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
)

// fakeCounts stores one number, and queues the records that a stream would report.
type fakeCounts struct {
	now       time.Time
	number    int
	round     int
	claimed   int
	published time.Time
	records   []event.Event

	subscribers  bool
	publishes    []int
	publishTimes []time.Time
}

func (f *fakeCounts) RequestPublish(_ context.Context, broadcastID string, after int, _ time.Duration) error {
	if after != 0 && (after != f.round || after <= f.claimed) {
		return nil
	}
	f.round++
	if broadcastID != "" {
		f.records = append(f.records, event.BroadcastPublishRequested{BroadcastID: broadcastID, Round: f.round})
		return nil
	}
	f.records = append(f.records, event.CountsPublishRequested{Round: f.round})
	return nil
}

func (f *fakeCounts) ClaimPublish(_ context.Context, _ string, round int, _ time.Time, interval time.Duration) (bool, error) {
	if round != 0 && (round != f.round || round <= f.claimed) || f.now.Sub(f.published) < interval {
		return false, nil
	}
	f.published, f.claimed = f.now, f.round
	return true, nil
}

func (f *fakeCounts) TicketCounts(context.Context) (stats.Snapshot, error) {
	return stats.Snapshot{OpenSockets: f.number}, nil
}

func (f *fakeCounts) HasQueueSubscribers(context.Context) (bool, error) { return f.subscribers, nil }

func (f *fakeCounts) PublishCounts(_ context.Context, counts stats.Snapshot) error {
	f.publishes, f.publishTimes = append(f.publishes, counts.OpenSockets), append(f.publishTimes, f.now)
	return nil
}

func (f *fakeCounts) Broadcast(_ context.Context, id string) (broadcast.Broadcast, error) {
	return broadcast.Broadcast{ID: id, AuthorID: "mina", Total: f.number}, nil
}

func (f *fakeCounts) IsConnected(_ context.Context, userID string) (bool, error) {
	return f.subscribers && userID == "mina", nil
}

func (f *fakeCounts) PublishBroadcast(ctx context.Context, b broadcast.Broadcast) error {
	return f.PublishCounts(ctx, stats.Snapshot{OpenSockets: b.Total})
}

func TestPublishCounts(t *testing.T) {
	f := newFakeCounts()
	testPublishRounds(t, f, stream.PublishCounts(f, f), event.TicketCountsChanged{})
}

func TestPublishBroadcasts(t *testing.T) {
	f := newFakeCounts()
	testPublishRounds(t, f, stream.PublishBroadcasts(f, f), event.BroadcastChanged{BroadcastID: "b"})
}

func newFakeCounts() *fakeCounts {
	return &fakeCounts{now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC), subscribers: true}
}

// testPublishRounds changes the number often. Publications are at least 2 s apart, the last change is
// published, and then the stream is idle. Each record is repeated.
func testPublishRounds(t *testing.T, f *fakeCounts, handle stream.Handler, changed event.Event) {
	t.Helper()
	step := func(e event.Event, earlier ...event.Event) {
		t.Helper()
		if err := handle(t.Context(), e, earlier...); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 400 {
		f.now = f.now.Add(100 * time.Millisecond)
		if i < 300 && i%3 == 0 {
			f.number++
			step(changed)
			step(changed, changed)
		}
		records := f.records
		f.records = nil
		if len(records) > 4 {
			t.Fatalf("%d rounds at once", len(records))
		}
		for _, e := range records {
			step(e)
			step(e)
		}
	}
	if len(f.records) > 0 || len(f.publishes) == 0 || f.publishes[len(f.publishes)-1] != 100 {
		t.Errorf("got publications %v and %d records left, want the last change", f.publishes, len(f.records))
	}
	for i := 1; i < len(f.publishTimes); i++ {
		if gap := f.publishTimes[i].Sub(f.publishTimes[i-1]); gap < 2*time.Second || gap > 3*time.Second && i < len(f.publishTimes)-1 {
			t.Errorf("%s between two publications", gap)
		}
	}
	f.subscribers, f.number = false, 0
	step(changed)
	if len(f.records) > 0 {
		t.Error("a publication was requested for nobody")
	}
}
