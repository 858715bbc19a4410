package conformance

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/idempotency"
)

func newRecord() idempotency.Record {
	now := app.Now()
	return idempotency.Record{Key: newID(), BodyHash: "body", Owner: newID(), StartedAt: now, ExpiresAt: now.Add(idempotency.TTL).Truncate(time.Second)}
}

func TestBeginRequest(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		r := newRecord()
		long := r.StartedAt.Add(-idempotency.InProgressTimeout)
		begin := func(r idempotency.Record, abandoned time.Time) *idempotency.Record {
			t.Helper()
			r.Owner = newID() // another request
			earlier, err := db.open().BeginRequest(t.Context(), r, abandoned)
			must(t, err)
			return earlier
		}
		if got := begin(r, long); got != nil {
			t.Fatalf("first: got %+v", got)
		}
		running := begin(r, long)
		if running == nil || running.Response != "" || running.BodyHash != r.BodyHash || !running.StartedAt.Equal(r.StartedAt) {
			t.Fatalf("in progress: got %+v", running)
		}
		other := r
		other.BodyHash = "another body"
		if got := begin(other, r.StartedAt.Add(time.Second)); got == nil || got.BodyHash != "body" {
			t.Errorf("another body: got %+v", got)
		}
		if got := begin(r, r.StartedAt.Add(time.Second)); got != nil {
			t.Errorf("timed out: got %+v, want a new record", got)
		}
		r.Response = "response"
		must(t, db.open().CompleteRequest(t.Context(), r))
		for _, abandoned := range []time.Time{long, r.StartedAt.Add(time.Hour)} {
			if got := begin(r, abandoned); got == nil || got.Response != "response" || got.BodyHash != r.BodyHash || !got.ExpiresAt.Equal(r.ExpiresAt) {
				t.Errorf("completed: got %+v, want %+v", got, r)
			}
		}
		must(t, db.open().ReleaseRequest(t.Context(), r)) // too late: the response stays
		if got := begin(r, long); got == nil || got.Response != "response" {
			t.Errorf("released after completion: got %+v", got)
		}
		if got, err := db.after(idempotency.TTL+time.Minute).BeginRequest(t.Context(), renewedRecord(r), long); err != nil || got != nil {
			t.Errorf("a day later: got %+v, %v, want a new record", got, err)
		}
	})
}

func renewedRecord(r idempotency.Record) idempotency.Record {
	r.Response, r.StartedAt, r.ExpiresAt = "", r.StartedAt.Add(25*time.Hour), r.ExpiresAt.Add(25*time.Hour)
	return r
}

func TestReleaseRequest(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		r := newRecord()
		for range 2 {
			if got, err := db.open().BeginRequest(t.Context(), r, r.StartedAt.Add(-time.Minute)); err != nil || got != nil {
				t.Fatalf("got %+v, %v, want no earlier record", got, err)
			}
			must(t, db.open().ReleaseRequest(t.Context(), r))
		}
	})
}

// TestBeginRequest_Concurrent checks that one of many concurrent requests begins.
func TestBeginRequest_Concurrent(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		r := newRecord()
		var wg sync.WaitGroup
		var began atomic.Int32
		for range 20 {
			wg.Go(func() {
				mine := r
				mine.Owner = newID()
				earlier, err := db.open().BeginRequest(t.Context(), mine, r.StartedAt.Add(-time.Minute))
				if err != nil {
					t.Error(err)
				}
				if earlier == nil {
					began.Add(1)
				}
			})
		}
		wg.Wait()
		if began.Load() != 1 {
			t.Errorf("got %d that began, want 1", began.Load())
		}
	})
}

func TestCategories(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		want := category.Category{ID: newID(), Names: map[string]string{"en": "Billing", "fa": "مالی"}, Description: map[string]string{"en": "x"}, Active: true, Order: 7}
		inactive := category.Category{ID: newID(), Names: map[string]string{"en": "Inactive"}, Order: -1}
		for _, c := range []category.Category{want, inactive} {
			must(t, db.open().SaveCategory(t.Context(), c))
		}
		want.Order = 8
		must(t, db.open().SaveCategory(t.Context(), want)) // once more, changed
		all, err := db.open().Categories(t.Context())
		must(t, err)
		found := map[string][]category.Category{}
		for _, c := range all {
			found[c.ID] = append(found[c.ID], c)
		}
		equal(t, "one", found[want.ID], []category.Category{want})
		equal(t, "an inactive one", found[inactive.ID], []category.Category{inactive})
	})
}
