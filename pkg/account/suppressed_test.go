package account_test

import (
	"context"
	"strings"
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
	_, err := f.emailCodes.SendEmailCode(ctx, u.Principal(""))
	wantError(t, "suppressed", err, apperr.EmailSuppressed)
	if len(f.emails) != 0 {
		t.Errorf("got %d mails", len(f.emails))
	}
	u.Email = "sara@example.org"
	f.putUser(u)
	_, err = f.emailCodes.SendEmailCode(ctx, u.Principal(""))
	wantError(t, "another address", err, "")
}

// TestSendEmailCode_Feedback checks that the mail names the user, so that a report about it is lifted
// with the user, and says whether the user has confirmed the address.
func TestSendEmailCode_Feedback(t *testing.T) {
	f := newFixture(t)
	u := f.addUser(t).User
	for _, confirmed := range []bool{false, true} {
		u.Email, u.EmailVerified = "sara@example.com", confirmed
		f.putUser(u)
		f.now = f.now.Add(account.CodeResendInterval)
		_, err := f.emailCodes.SendEmailCode(t.Context(), u.Principal(""))
		wantError(t, "send", err, "")
		if m := f.emails[len(f.emails)-1]; m.UserID != u.ID || m.Unconfirmed == confirmed {
			t.Errorf("confirmed %v: got %+v", confirmed, m)
		}
	}
}

// TestSendEmailCode_FormsOfAddress checks that the limit of an address holds for all its forms,
// which different users enter, and that each of them gets codes of their own whatever the others
// request.
func TestSendEmailCode_FormsOfAddress(t *testing.T) {
	f := newFixture(t)
	forms := []string{"sara@exämple.com", "Sara@EXÄMPLE.com", "sara@xn--exmple-cua.com"}
	request := func(id string, codes int) error {
		u := user.User{ID: id, Phone: "phone of " + id, Email: forms[len(id)%len(forms)]}
		f.putUser(u)
		var err error
		for range codes {
			f.now = f.now.Add(account.CodeResendInterval)
			_, err = f.emailCodes.SendEmailCode(t.Context(), u.Principal(""))
		}
		return err
	}
	for n := range account.MaxCodesPerDay {
		id := strings.Repeat("x", n+1)
		wantError(t, "stranger "+id, request(id, account.OwnEmailCodes+1), "")
	}
	wantError(t, "above the limit of the address", request("stranger", account.OwnEmailCodes+1), apperr.TooManyRequests)
	wantError(t, "the owner", request("owner", account.OwnEmailCodes), "")
	code := codePattern.FindString(f.emails[len(f.emails)-1].Text)
	_, err := f.credentials.ConfirmEmail(t.Context(), user.Principal{UserID: "owner"}, code)
	wantError(t, "the owner confirms", err, "")
	wantError(t, "above the limit of a user", request("user", account.MaxCodesPerRequester+1), apperr.TooManyRequests)
}
