package account

import (
	"context"
	"html"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// Mail is an e-mail to a user. Unconfirmed says that the user has not proved that the address is
// theirs.
type Mail struct {
	To, Subject, Text, HTML string
	UserID                  string
	Unconfirmed             bool
}

// Mailer sends an e-mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// UserReader reads users.
type UserReader interface {
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)
}

// SuppressionReader reads which addresses get no mail.
type SuppressionReader interface {
	// IsSuppressed reports whether mail to the address is suppressed.
	IsSuppressed(ctx context.Context, address string) (bool, error)
}

// EmailCodes sends one-time codes by e-mail.
type EmailCodes struct {
	OTP          *OTP
	Users        UserReader
	Suppressions SuppressionReader
	Mailer       Mailer // nil if e-mail is not configured
	Brand        locale.Brand
}

// SendEmailCode sends a one-time code to the e-mail address in the actor's profile.
// It fails with email_missing, email_suppressed, too_many_requests or unavailable. It is limited per
// user and per e-mail address.
func (c *EmailCodes) SendEmailCode(ctx context.Context, actor user.Principal) (CodeSent, error) {
	u, err := c.Users.User(ctx, actor.UserID)
	if err != nil {
		return CodeSent{}, err
	}
	switch {
	case u.Email == "":
		return CodeSent{}, apperr.New(apperr.EmailMissing, "")
	case c.Mailer == nil:
		return CodeSent{}, apperr.New(apperr.Unavailable, "E-mail is not configured.")
	}
	suppressed, err := c.Suppressions.IsSuppressed(ctx, u.Email)
	if err != nil {
		return CodeSent{}, err
	}
	if suppressed {
		return CodeSent{}, apperr.New(apperr.EmailSuppressed, "Mail to this address was returned or reported as unwanted. Enter another address in the profile, or ask us to allow this one.")
	}
	from := userClient(u.ID)
	if err := c.OTP.countRequest(ctx, from); err != nil {
		return CodeSent{}, err
	}
	return c.OTP.issueCode(ctx, u.ID, emailSubject(u), PurposeEmail, from, func(_ OneTimeCode, digits string) error {
		return c.Mailer.Send(ctx, confirmationEmail(u, digits, c.Brand))
	}, PurposeEmail+" "+notification.NormalizeAddress(u.Email)) // several users may enter the same address, in any form
}

// emailSubject returns what an e-mail code authenticates: the user and the address.
// A code is therefore invalid after the address has changed.
func emailSubject(u user.User) string { return u.ID + " " + u.Email }

// confirmationEmail returns the e-mail in the user's language. It contains no user input.
func confirmationEmail(u user.User, digits string, brand locale.Brand) Mail {
	text := func(key string) string {
		return locale.Text(u.Locale, "email_code."+key, "brand", brand.NameIn(u.Locale), "code", digits)
	}
	closing, markup := brand.Closing(u.Locale)
	return Mail{
		To: u.Email, Subject: text("subject"), Text: text("text") + closing,
		HTML: locale.HTMLHead(u.Locale) + "<body><p>" + html.EscapeString(text("heading")) + `</p><p style="font-size:2em"><b>` + digits + "</b></p><p>" +
			text("validity") + "</p>" + markup + "</body></html>",
		UserID: u.ID, Unconfirmed: !u.EmailVerified,
	}
}
