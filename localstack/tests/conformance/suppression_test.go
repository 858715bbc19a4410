package conformance

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

// TestSuppressions lists suppressed addresses by page and deletes one, in another
// letter case than it was reported.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		start := strings.ToLower(newID()) // other tests suppress addresses too
		first, second := start+"-@example.com", start+"~@example.com"
		for _, address := range []string{second, strings.ToUpper(first)} {
			must(t, db.open().Suppress(t.Context(), notification.MailFeedback{Address: address, Reason: "bounce"}))
		}
		list, err := db.open().Suppressions(t.Context(), start, 1)
		must(t, err)
		if len(list) != 1 || list[0].Address != first || list[0].Reason != "bounce" || time.Since(list[0].At).Abs() > time.Hour {
			t.Errorf("got %+v, want %s", list, first)
		}
		list, err = db.open().Suppressions(t.Context(), first, 1)
		must(t, err)
		if len(list) != 1 || list[0].Address != second {
			t.Errorf("got %+v, want %s", list, second)
		}
		record := recorder.NewRecord(adminActor, "test", newID(), nil, nil)
		must(t, db.open().DeleteSuppression(t.Context(), strings.ToUpper(second[:3])+second[3:], record))
		wantCode(t, "delete twice", db.open().DeleteSuppression(t.Context(), second, record), apperr.SuppressionNotFound)
		for _, address := range []string{"", " ", "a@" + strings.Repeat("x", 1022), "a@" + strings.Repeat("x", 1023)} {
			record := recorder.NewRecord(adminActor, "test", address, nil, nil)
			wantCode(t, "no address", db.open().DeleteSuppression(t.Context(), address, record), apperr.SuppressionNotFound)
		}
		for address, want := range map[string]bool{strings.ToUpper(first): true, second: false} {
			if got, err := db.open().IsSuppressed(t.Context(), address); got != want || err != nil {
				t.Errorf("%s: got %v, %v, want %v", address, got, err, want)
			}
		}
		records, _, err := db.open().AuditRecords(t.Context(), audit.Query{Limit: 20})
		must(t, err)
		if !slices.ContainsFunc(records, func(r audit.Record) bool { return r.ID == record.ID }) {
			t.Error("there is no audit record")
		}
	})
}
