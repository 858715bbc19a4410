// Package mails wires what sends e-mail.
package mails

import (
	"context"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/wiring"
)

// Mailer sends the mail of the front desk from SENDER_ADDRESS through MAIL_SET; nil where there
// is none.
func Mailer(h *wiring.House) account.Mailer {
	from := h.Or("SENDER_ADDRESS", "")
	if from == "" {
		return nil
	}
	return mailer{mail.New(h.AWS("SES"), from, h.Or("MAIL_SET", ""))}
}

type mailer struct{ sender *mail.Sender }

// Send implements account.Mailer.
func (m mailer) Send(ctx context.Context, one account.Mail) error {
	return m.sender.Send(ctx, mail.Message{To: one.To, Subject: one.Subject, Text: one.Text, HTML: one.HTML})
}
