// Package post wires what tells people by mail and SMS.
package delivery

import (
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/queue"
	"ticketsystem/pkg/sms"
)

// DeliveryQueue is the queue of deliveries, from DELIVERY_QUEUE_URL.
func DeliveryQueue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("DELIVERY_QUEUE_URL"))
}

// BroadcastQueue is the queue of broadcasts that are to be run, from BROADCAST_QUEUE_URL.
func BroadcastQueue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("BROADCAST_QUEUE_URL"))
}

// NotificationDelay is how long a notification waits before it is mailed, from NOTIFICATION_DELAY_SECONDS.
func NotificationDelay(a *app.App) time.Duration {
	return time.Duration(a.Int("NOTIFICATION_DELAY_SECONDS", 10)) * time.Second
}

// Deliverer sends notifications: mail from SENDER_ADDRESS through EMAIL_CONFIGURATION_SET, none
// where there is no sender, and at most SMS_PER_DAY text messages.
func Deliverer(a *app.App) *notification.Deliverer {
	deliverer := &notification.Deliverer{
		Store: a.Store(), SMS: sms.New(a.AWS("SNS")), Now: app.Now, MaxSMSPerDay: a.Int("SMS_PER_DAY", 1000),
	}
	if from := a.String("SENDER_ADDRESS", ""); from != "" {
		deliverer.Mailer = mail.New(a.AWS("SES"), from, a.String("EMAIL_CONFIGURATION_SET", ""))
	}
	return deliverer
}
