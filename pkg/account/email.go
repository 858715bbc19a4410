package account

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Mail is one e-mail.
type Mail struct {
	To, Subject, Text, HTML string
}

// Mailer sends an e-mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// SendEmailCode mails a code to the address in one's profile. It is limited as
// codes by SMS are: by person, by address and in all.
//
// Errors: email_missing, too_many_requests, unavailable.
func (a *Auth) SendEmailCode(ctx context.Context, actor user.Principal, caller Caller) (CodeSent, error) {
	u, err := a.Store.User(ctx, actor.UserID)
	if err != nil {
		return CodeSent{}, err
	}
	switch {
	case u.Email == "":
		return CodeSent{}, apperr.New(apperr.EmailMissing, "")
	case a.Email == nil:
		return CodeSent{}, apperr.New(apperr.Unavailable, "This house sends no mail.")
	}
	if err := a.checkSendLimits(ctx, u.ID, caller); err != nil {
		return CodeSent{}, err
	}
	// However many people name one address, it gets no more than a number does.
	if err := a.consume(ctx, a.rateCounter("code-number", u.Email, 24*time.Hour), maxCodesPerDay); err != nil {
		return CodeSent{}, err
	}
	// The pause is the person's, the code is good for the address alone.
	return a.issueCode(ctx, u.ID, u.ID+" "+u.Email, PurposeEmail, func(digits string) error {
		return a.Email.Send(ctx, confirmationEmail(u, digits))
	})
}

// ConfirmEmail takes the code that was mailed to the address in one's profile.
//
// Errors: email_missing, code_wrong, code_locked.
func (a *Auth) ConfirmEmail(ctx context.Context, actor user.Principal, digits string) (user.User, error) {
	u, err := a.Store.User(ctx, actor.UserID)
	if err != nil {
		return user.User{}, err
	}
	if u.Email == "" {
		return user.User{}, apperr.New(apperr.EmailMissing, "")
	}
	code, err := a.verifyCode(ctx, u.ID, u.ID+" "+u.Email, PurposeEmail, digits)
	if err != nil {
		return user.User{}, err
	}
	return a.Store.VerifyEmail(ctx, u.ID, u.Email, code)
}

// confirmationEmail writes the mail in the person's language. Nothing in it comes from
// outside, so nothing needs to be escaped.
func confirmationEmail(u user.User, digits string) Mail {
	m := Mail{
		To: u.Email, Subject: "Confirm your e-mail address",
		Text: fmt.Sprintf("Your TicketSystem code is %s. It is valid for 5 minutes.\n\nIf you have not asked for it, ignore this mail.\n", digits),
		HTML: fmt.Sprintf(`<!doctype html><html lang="en" dir="ltr"><body><p>Your TicketSystem code is</p><p style="font-size:2em"><b>%s</b></p>`+
			`<p>It is valid for 5 minutes. If you have not asked for it, ignore this mail.</p></body></html>`, digits),
	}
	if locale.IsPersian(u.Locale) {
		m.Subject = "تأیید نشانی ایمیل شما"
		m.Text = fmt.Sprintf("کد تیکت‌سیستم شما: %s\nاین کد تا ۵ دقیقه معتبر است.\n\nاگر شما آن را نخواسته‌اید، این پیام را نادیده بگیرید.\n", digits)
		m.HTML = fmt.Sprintf(`<!doctype html><html lang="fa" dir="rtl"><body><p>کد تیکت‌سیستم شما:</p><p style="font-size:2em"><b>%s</b></p>`+
			`<p>این کد تا ۵ دقیقه معتبر است. اگر شما آن را نخواسته‌اید، این پیام را نادیده بگیرید.</p></body></html>`, digits)
	}
	return m
}
