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

// TestSuppressions_InternationalDomain checks that the suppression of one form of a domain holds
// for the other, and that either form lifts it and reaches the user.
func TestSuppressions_InternationalDomain(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		local := strings.ToLower(newID())
		unicode, ascii := local+"@مثال.ایران", local+"@xn--mgbh0fb.xn--mgba3a4f16a"
		for reported, lifted := range map[string]string{ascii: unicode, unicode: ascii} {
			login := newLogin()
			login.User.Email, login.User.EmailVerified = unicode, true
			must(t, db.open().PutAccount(t.Context(), login))
			must(t, db.open().Suppress(t.Context(), notification.MailFeedback{Address: reported, Reason: "bounce", UserID: login.User.ID}))
			for _, form := range []string{unicode, ascii} {
				if got, err := db.open().IsSuppressed(t.Context(), form); !got || err != nil {
					t.Errorf("%s after a report of %s: got %v, %v", form, reported, got, err)
				}
			}
			if got, err := db.open().User(t.Context(), login.User.ID); err != nil || got.EmailVerified || got.Email != unicode {
				t.Errorf("after a report of %s: got %+v, %v", reported, got, err)
			}
			list, err := db.open().Suppressions(t.Context(), local, 1)
			if must(t, err); len(list) != 1 || list[0].Address != ascii {
				t.Errorf("got %+v, want %s", list, ascii)
			}
			must(t, db.open().DeleteSuppression(t.Context(), lifted, recorder.NewRecord(adminActor, "test", newID(), nil, nil)))
			if got, err := db.open().IsSuppressed(t.Context(), reported); got || err != nil {
				t.Errorf("lifted as %s: got %v, %v", lifted, got, err)
			}
		}
	})
}
