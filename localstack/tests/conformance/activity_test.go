package conformance

import (
	"cmp"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere
)

// TestActivity_Pagination checks the order, newest first over several days, and that
// each entry is listed once.
func TestActivity_Pagination(t *testing.T) {
	t.Parallel()
	now := time.Date(2032, 1, 20, 23, 59, 59, 999_000_000, time.UTC) // no other test uses these days
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	at := now.AddDate(0, 0, -20)
	service.Now = func() time.Time { at = at.Add(13 * time.Hour); return at }
	ticketID := openTicket(t, service, categoryID, sara)
	for range 29 {
		postMessage(t, service, sara, ticketID, "hello")
	}
	for range 2 {
		for _, e := range readLog(t, onDynamo, ticketID).Entries {
			must(t, openStore().RecordActivity(t.Context(), e))
		}
	}
	var seqs []int
	first, cursor := "", ""
	for {
		page, next, err := storeAt(now).Activity(t.Context(), 7, cursor)
		must(t, err)
		for _, one := range page {
			if one.Title == "" {
				t.Errorf("entry %d has no title", one.Entry.Seq)
			}
			seqs = append(seqs, one.Entry.Seq)
		}
		if cursor = next; cursor == "" {
			break
		}
		first = cmp.Or(first, cursor)
	}
	later := storeAt(now.AddDate(0, 0, 60))
	later.Shards = shards(t, "1/2")
	if page, next, err := later.Activity(t.Context(), 7, first); err != nil || len(page) > 0 || next != "" {
		t.Errorf("a page whose entries have expired: got %d, %q, %v, want none", len(page), next, err)
	}
	if len(seqs) != 30 || seqs[0] != 30 || !slices.IsSortedFunc(seqs, func(a, b int) int { return b - a }) {
		t.Errorf("got %v, want 30 to 1", seqs)
	}
}
