package account_test

import (
	"context"
	"fmt"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// TestSendEmailCode_Suppressed checks that no code is mailed to a suppressed address, and
// that another address gets one.
func TestSendEmailCode_Suppressed(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	u := f.addUser(t).User
	u.Email = "Sara@example.com"
	f.putUser(u)
	must(f.Suppress(ctx, notification.MailFeedback{Address: "sara@example.com", Reason: "bounce"}))
	_, err := f.emailCodes.SendEmailCode(ctx, u.Principal(""), account.Caller{})
	wantError(t, "suppressed", err, apperr.EmailSuppressed)
	if len(f.emails) != 0 {
		t.Errorf("got %d mails", len(f.emails))
	}
	u.Email = "sara@example.org"
	f.putUser(u)
	_, err = f.emailCodes.SendEmailCode(ctx, u.Principal(""), account.Caller{})
	wantError(t, "another address", err, "")
}

// TestSendEmailCode_FormsOfAddress checks that the limit of an address holds for all its forms,
// which different users enter.
func TestSendEmailCode_FormsOfAddress(t *testing.T) {
	f := newFixture(t)
	forms := []string{"sara@exämple.com", "Sara@EXÄMPLE.com", "sara@xn--exmple-cua.com"}
	for n := range account.MaxCodesPerDay + 1 {
		u := user.User{ID: fmt.Sprint("user", n), Phone: fmt.Sprint("phone", n), Email: forms[n%len(forms)]}
		f.putUser(u)
		want := apperr.Code("")
		if n == account.MaxCodesPerDay {
			want = apperr.TooManyRequests
		}
		_, err := f.emailCodes.SendEmailCode(t.Context(), u.Principal(""), account.Caller{IP: fmt.Sprint("192.0.2.", n)})
		wantError(t, u.ID, err, want)
	}
}
