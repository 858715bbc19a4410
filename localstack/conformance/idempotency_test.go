package conformance

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/wiring"
)

func newRecord() idempotency.Record {
	now := wiring.Now()
	return idempotency.Record{Key: newID(), Body: "body", Owner: newID(), Since: now, ExpiresAt: now.Add(idempotency.Life).Truncate(time.Second)}
}

func TestIdempotencyRecord(t *testing.T) {
	r := newRecord()
	long := r.Since.Add(-idempotency.Patience)
	begin := func(r idempotency.Record, abandoned time.Time) *idempotency.Record {
		t.Helper()
		r.Owner = newID() // another request
		earlier, err := open().Begin(t.Context(), r, abandoned)
		must(t, err)
		return earlier
	}
	if got := begin(r, long); got != nil {
		t.Fatalf("the first: got %+v", got)
	}
	running := begin(r, long)
	if running == nil || running.Answer != "" || running.Body != r.Body || !running.Since.Equal(r.Since) {
		t.Fatalf("while it runs: got %+v", running)
	}
	other := r
	other.Body = "another body"
	if got := begin(other, r.Since.Add(time.Second)); got == nil || got.Body != "body" {
		t.Errorf("another body takes over: got %+v", got)
	}
	if got := begin(r, r.Since.Add(time.Second)); got != nil {
		t.Errorf("given up: got %+v, want the record anew", got)
	}
	r.Answer = "answer"
	must(t, open().Finish(t.Context(), r))
	for _, abandoned := range []time.Time{long, r.Since.Add(time.Hour)} {
		if got := begin(r, abandoned); got == nil || got.Answer != "answer" || got.Body != r.Body || !got.ExpiresAt.Equal(r.ExpiresAt) {
			t.Errorf("when finished: got %+v, want %+v", got, r)
		}
	}
	must(t, open().Abandon(t.Context(), r)) // too late: the answer stays
	if got := begin(r, long); got == nil || got.Answer != "answer" {
		t.Errorf("abandoned when finished: got %+v", got)
	}
	if got, err := later(idempotency.Life+time.Minute).Begin(t.Context(), newer(r), long); err != nil || got != nil {
		t.Errorf("a day later: got %+v, %v, want the record anew", got, err)
	}
}

func newer(r idempotency.Record) idempotency.Record {
	r.Answer, r.Since, r.ExpiresAt = "", r.Since.Add(25*time.Hour), r.ExpiresAt.Add(25*time.Hour)
	return r
}

func TestIdempotencyAbandoned(t *testing.T) {
	r := newRecord()
	for range 2 {
		if got, err := open().Begin(t.Context(), r, r.Since.Add(-time.Minute)); err != nil || got != nil {
			t.Fatalf("got %+v, %v, want to begin", got, err)
		}
		must(t, open().Abandon(t.Context(), r))
	}
}

// TestIdempotencyAtOnce: of many that begin at once one runs.
func TestIdempotencyAtOnce(t *testing.T) {
	r := newRecord()
	var wait sync.WaitGroup
	var began atomic.Int32
	for range 20 {
		wait.Go(func() {
			mine := r
			mine.Owner = newID()
			earlier, err := open().Begin(t.Context(), mine, r.Since.Add(-time.Minute))
			if err != nil {
				t.Error(err)
			}
			if earlier == nil {
				began.Add(1)
			}
		})
	}
	wait.Wait()
	if began.Load() != 1 {
		t.Errorf("got %d that began, want 1", began.Load())
	}
}

func TestCategories(t *testing.T) {
	want := category.Category{ID: newID(), Names: map[string]string{"en": "Billing", "fa": "مالی"}, About: map[string]string{"en": "x"}, Active: true, Order: 7}
	gone := category.Category{ID: newID(), Names: map[string]string{"en": "Gone"}, Order: -1}
	for _, c := range []category.Category{want, gone} {
		must(t, open().SaveCategory(t.Context(), c))
	}
	want.Order = 8
	must(t, open().SaveCategory(t.Context(), want)) // again, changed
	all, err := open().Categories(t.Context())
	must(t, err)
	found := map[string][]category.Category{}
	for _, c := range all {
		found[c.ID] = append(found[c.ID], c)
	}
	same(t, "one", found[want.ID], []category.Category{want})
	same(t, "an inactive one", found[gone.ID], []category.Category{gone})
}
