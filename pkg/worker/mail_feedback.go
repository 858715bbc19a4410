package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
)

// sesEvent is an SES event about a message, as SNS delivers it.
type sesEvent struct {
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

// HandleMailFeedback returns a handler that suppresses addresses after a permanent
// bounce or a complaint. Transient bounces, such as a full mailbox, are ignored.
func HandleMailFeedback(store notification.SuppressionStore, log *slog.Logger) func(context.Context, events.SNSEvent) error {
	return func(ctx context.Context, batch events.SNSEvent) error {
		var errs []error
		for _, record := range batch.Records {
			var event sesEvent
			if err := json.Unmarshal([]byte(record.SNS.Message), &event); err != nil {
				errs = append(errs, fmt.Errorf("feedback %s: %w", record.SNS.MessageID, err))
				continue
			}
			for _, feedback := range event.suppressions() {
				log.InfoContext(ctx, "address suppressed", slog.String("reason", feedback.Reason), slog.String("user", feedback.UserID))
				errs = append(errs, store.Suppress(ctx, feedback))
			}
		}
		return errors.Join(errs...)
	}
}

// suppressions returns the addresses that must not be written to again.
func (e sesEvent) suppressions() []notification.MailFeedback {
	var reason string
	var recipients []recipient
	switch {
	case e.EventType == "Bounce" && e.Bounce.Type == "Permanent":
		reason, recipients = notification.ReasonBounce, e.Bounce.Recipients
	case e.EventType == "Complaint":
		reason, recipients = notification.ReasonComplaint, e.Complaint.Recipients
	}
	userID := ""
	if tags := e.Mail.Tags[mail.UserTag]; len(tags) == 1 {
		userID = tags[0]
	}
	unconfirmed := slices.Contains(e.Mail.Tags[mail.AddressTag], mail.UnconfirmedTag)
	var all []notification.MailFeedback
	for _, to := range recipients {
		all = append(all, notification.MailFeedback{Address: to.Address, Reason: reason, UserID: userID, Unconfirmed: unconfirmed})
	}
	return all
}
