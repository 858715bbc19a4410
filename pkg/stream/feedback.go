package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
)

// feedback is what SES tells about a mail, by way of SNS.
type feedback struct {
	EventType string `json:"eventType"`
	Mail      struct {
		Tags map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce struct {
		Type       string      `json:"bounceType"`
		Recipients []recipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []recipient `json:"complainedRecipients"`
	} `json:"complaint"`
}

type recipient struct {
	Address string `json:"emailAddress"`
}

// Feedback makes the handler of what SES tells about mails. A mailbox that is
// full for a day is no reason to stop: only permanent bounces and complaints are.
func Feedback(stopper notification.Stopper, log *slog.Logger) func(context.Context, events.SNSEvent) error {
	return func(ctx context.Context, event events.SNSEvent) error {
		var errs []error
		for _, record := range event.Records {
			var f feedback
			if err := json.Unmarshal([]byte(record.SNS.Message), &f); err != nil {
				errs = append(errs, fmt.Errorf("feedback %s: %w", record.SNS.MessageID, err))
				continue
			}
			for _, c := range f.complaints() {
				log.InfoContext(ctx, "no more mail", slog.String("reason", c.Reason), slog.String("user", c.UserID))
				errs = append(errs, stopper.Suppress(ctx, c))
			}
		}
		return errors.Join(errs...)
	}
}

func (f feedback) complaints() []notification.Complaint {
	var reason string
	var recipients []recipient
	switch {
	case f.EventType == "Bounce" && f.Bounce.Type == "Permanent":
		reason, recipients = "bounce", f.Bounce.Recipients
	case f.EventType == "Complaint":
		reason, recipients = "complaint", f.Complaint.Recipients
	}
	person := ""
	if tags := f.Mail.Tags[mail.PersonTag]; len(tags) == 1 {
		person = tags[0]
	}
	var all []notification.Complaint
	for _, to := range recipients {
		all = append(all, notification.Complaint{Address: to.Address, Reason: reason, UserID: person})
	}
	return all
}
