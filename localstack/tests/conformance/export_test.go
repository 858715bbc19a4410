package conformance

import (
	"testing"
	"time"

	"ticketsystem/pkg/export"
)

// TestExportStore checks that of concurrent requests one starts an export, that a failed one
// gives way to the next, and that only the newest one becomes ready.
func TestExportStore(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		store, userID, now := db.open(), newID(), time.Now().UTC().Truncate(time.Millisecond)
		if got, found, err := store.Export(t.Context(), userID); err != nil || found {
			t.Errorf("before: got %+v, %v, %v", got, found, err)
		}
		first, second := export.Export{UserID: userID, FileID: newID(), StartedAt: now}, export.Export{UserID: userID, FileID: newID(), StartedAt: now.Add(time.Minute)}
		start := func(e export.Export, cutoff time.Time, want bool) {
			t.Helper()
			if started, err := store.StartExport(t.Context(), e, cutoff); err != nil || started != want {
				t.Errorf("start: got %v, %v, want %v", started, err, want)
			}
		}
		start(first, now.Add(-time.Hour), true)
		start(first, now.Add(-time.Hour), true) // the response was lost
		start(second, now.Add(-time.Hour), false)
		must(t, store.FinishExport(t.Context(), second))
		got, _, err := store.Export(t.Context(), userID)
		must(t, err)
		equal(t, "running", got, first)
		start(second, now, true)
		must(t, store.FinishExport(t.Context(), first))
		must(t, store.FinishExport(t.Context(), second))
		second.Ready = true
		got, _, err = store.Export(t.Context(), userID)
		must(t, err)
		equal(t, "ready", got, second)
	})
}
