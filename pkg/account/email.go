package account

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/fault"
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
func (s *Service) SendEmailCode(ctx context.Context, who user.Principal, from Caller) (Sent, error) {
	u, err := s.Store.User(ctx, who.UserID)
	if err != nil {
		return Sent{}, err
	}
	switch {
	case u.Email == "":
		return Sent{}, fault.New(fault.EmailMissing, "")
	case s.Mailer == nil:
		return Sent{}, fault.New(fault.Unavailable, "This house sends no mail.")
	}
	if err := s.mayAsk(ctx, u.ID, from); err != nil {
		return Sent{}, err
	}
	// However many people name one address, it gets no more than a number does.
	if err := s.spend(ctx, s.counter("code-number", u.Email, 24*time.Hour), codesPerDay); err != nil {
		return Sent{}, err
	}
	// The pause is the person's, the code is good for the address alone.
	return s.send(ctx, u.ID, u.ID+" "+u.Email, PurposeEmail, func(digits string) error {
		return s.Mailer.Send(ctx, codeMail(u, digits))
	})
}

// ConfirmEmail takes the code that was mailed to the address in one's profile.
//
// Errors: email_missing, code_wrong, code_locked.
func (s *Service) ConfirmEmail(ctx context.Context, who user.Principal, digits string) (user.User, error) {
	u, err := s.Store.User(ctx, who.UserID)
	if err != nil {
		return user.User{}, err
	}
	if u.Email == "" {
		return user.User{}, fault.New(fault.EmailMissing, "")
	}
	code, err := s.tryCode(ctx, u.ID, u.ID+" "+u.Email, PurposeEmail, digits)
	if err != nil {
		return user.User{}, err
	}
	return s.Store.VerifyEmail(ctx, u.ID, u.Email, code)
}

// codeMail writes the mail in the person's language. Nothing in it comes from
// outside, so nothing needs to be escaped.
func codeMail(u user.User, digits string) Mail {
	m := Mail{
		To: u.Email, Subject: "Confirm your e-mail address",
		Text: fmt.Sprintf("Your TicketSystem code is %s. It is valid for 5 minutes.\n\nIf you have not asked for it, ignore this mail.\n", digits),
		HTML: fmt.Sprintf(`<!doctype html><html lang="en" dir="ltr"><body><p>Your TicketSystem code is</p><p style="font-size:2em"><b>%s</b></p>`+
			`<p>It is valid for 5 minutes. If you have not asked for it, ignore this mail.</p></body></html>`, digits),
	}
	if u.Locale == "fa" {
		m.Subject = "تأیید نشانی ایمیل شما"
		m.Text = fmt.Sprintf("کد تیکت‌سیستم شما: %s\nاین کد تا ۵ دقیقه معتبر است.\n\nاگر شما آن را نخواسته‌اید، این پیام را نادیده بگیرید.\n", digits)
		m.HTML = fmt.Sprintf(`<!doctype html><html lang="fa" dir="rtl"><body><p>کد تیکت‌سیستم شما:</p><p style="font-size:2em"><b>%s</b></p>`+
			`<p>این کد تا ۵ دقیقه معتبر است. اگر شما آن را نخواسته‌اید، این پیام را نادیده بگیرید.</p></body></html>`, digits)
	}
	return m
}
