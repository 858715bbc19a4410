// Package post wires what tells people by mail and SMS.
package post

import (
	"time"

	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/queue"
	"ticketsystem/pkg/sms"
	"ticketsystem/pkg/wiring"
)

// Queue is the queue of deliveries, from DELIVERIES_URL.
func Queue(h *wiring.House) *queue.Queue {
	return queue.New(h.AWS("SQS"), h.Need("DELIVERIES_URL"))
}

// Broadcasts is the queue of broadcasts that are to be run, from BROADCASTS_URL.
func Broadcasts(h *wiring.House) *queue.Queue {
	return queue.New(h.AWS("SQS"), h.Need("BROADCASTS_URL"))
}

// Settle is how long a notification waits before it is mailed, from SETTLE_SECONDS.
func Settle(h *wiring.House) time.Duration {
	return time.Duration(h.Int("SETTLE_SECONDS", 10)) * time.Second
}

// Courier sends notifications: mail from SENDER_ADDRESS through MAIL_SET, none
// where there is no sender, and at most SMS_PER_DAY text messages.
func Courier(h *wiring.House) *notification.Courier {
	courier := &notification.Courier{
		Ledger: h.Table(), Texter: sms.New(h.AWS("SNS")), Now: wiring.Now, SMSPerDay: h.Int("SMS_PER_DAY", 1000),
	}
	if sender := h.Or("SENDER_ADDRESS", ""); sender != "" {
		courier.Mailer = mail.New(h.AWS("SES"), sender, h.Or("MAIL_SET", ""))
	}
	return courier
}
