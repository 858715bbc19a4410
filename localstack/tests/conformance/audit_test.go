package conformance

import (
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/id"
)

// TestAuditFilters checks each filter and their combinations, across pages.
func TestAuditFilters(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		at := time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
		actors, targets := []audit.Actor{{ID: newID()}, {ID: newID()}, {}}, []string{newID(), newID()}
		actions := []string{audit.CategoryCreated, audit.CategoryUpdated}
		var all []audit.Record // newest first
		for n := range 24 {
			r := audit.Record{ID: id.FromCause(at.Add(time.Duration(n)*time.Minute), "audit", fmt.Sprint(n)), At: at, Actor: actors[n%3], Action: actions[n/3%2], Target: targets[n/6%2]}
			must(t, store.CreateBroadcast(t.Context(), broadcast.Broadcast{ID: r.ID}, r))
			all = append([]audit.Record{r}, all...)
		}
		for _, q := range []audit.Query{
			{}, {Actor: actors[0].ID}, {Action: actions[1]}, {Target: targets[1]}, {Actor: actors[1].ID, Action: actions[0]}, {Actor: newID()}, {Target: targets[0][:20]},
			{Actor: actors[0].ID, Action: actions[0], Target: targets[0]}, {Action: actions[0], Target: targets[1]},
			{From: at.Add(4 * time.Minute)}, {To: at.Add(4 * time.Minute)}, {Actor: actors[0].ID, From: at.Add(3 * time.Minute), To: at.Add(9 * time.Minute)},
			{Action: actions[0], From: at.Add(time.Hour)},
		} {
			var want []string
			for _, r := range all {
				from, to := q.Bounds()
				if q.Matches(r) && r.ID >= from && r.ID < to {
					want = append(want, r.ID)
				}
			}
			for _, q.Limit = range []int{1, 3, 100} {
				equal(t, fmt.Sprintf("%+v", q), auditIDs(t, store, q), want)
			}
		}
	})
}

// auditIDs returns the ids of all records of a query.
func auditIDs(t *testing.T, store audit.Store, q audit.Query) (ids []string) {
	t.Helper()
	for page := 0; page == 0 || q.Before != ""; page++ {
		records, next, err := store.AuditRecords(t.Context(), q)
		must(t, err)
		for _, r := range records {
			ids = append(ids, r.ID)
		}
		if len(records) > q.Limit {
			t.Fatalf("got a page of %d, want at most %d", len(records), q.Limit)
		}
		q.Before = next
	}
	return ids
}

// TestAuditFilters_Replay checks that a replay indexes records from before the filters.
func TestAuditFilters_Replay(t *testing.T) {
	t.Parallel()
	w := newEmptyWorkload(t, 14)
	var want []string
	actor := newID()
	for range 3 {
		r := audit.Record{ID: newID(), Actor: audit.Actor{ID: actor}, Action: audit.BroadcastStarted, Target: newID()}
		must(t, w.store.CreateBroadcast(t.Context(), broadcast.Broadcast{ID: newID()}, r))
		w.removeAttributes(t, "AUDIT", r.ID, "u, a, uc, qc, n")
		want = append([]string{r.ID}, want...)
	}
	q := audit.Query{Actor: actor, Limit: 2}
	equal(t, "before", auditIDs(t, w.store, q), []string(nil))
	w.replay(t, w.store)
	equal(t, "after", auditIDs(t, w.store, q), want)
}
