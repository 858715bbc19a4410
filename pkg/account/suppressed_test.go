package account_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
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
