// Package email builds the sender of account e-mails.
package email

import (
	"context"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/mail"
)

// Mailer returns the sender of account e-mails, or nil without a SENDER_ADDRESS.
func Mailer(a *app.App) account.Mailer {
	from := a.String("SENDER_ADDRESS", "")
	if from == "" {
		return nil
	}
	return adapter{mail.New(a.AWS("SES"), from, a.String("EMAIL_CONFIGURATION_SET", ""))}
}

type adapter struct{ sender *mail.Sender }

// Send implements account.Mailer.
func (a adapter) Send(ctx context.Context, m account.Mail) error {
	return a.sender.Send(ctx, mail.Message(m))
}
