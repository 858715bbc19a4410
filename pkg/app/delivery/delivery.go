// Package delivery builds the queues and the sender of notifications.
package delivery

import (
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/queue"
	"ticketsystem/pkg/sms"
)

// Queue returns the queue of delivery jobs, from DELIVERY_QUEUE_URL.
func Queue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("DELIVERY_QUEUE_URL"))
}

// BroadcastQueue returns the queue of broadcasts to run, from BROADCAST_QUEUE_URL.
func BroadcastQueue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("BROADCAST_QUEUE_URL"))
}

// SearchIndex returns the queue of changes of the search index, from
// SEARCH_INDEX_QUEUE_URL.
func SearchIndex(a *app.App) queue.SearchIndex {
	return queue.NewSearchIndex(queue.New(a.AWS("SQS"), a.Required("SEARCH_INDEX_QUEUE_URL")))
}

// NotificationDelay returns how long deliveries are delayed, from
// NOTIFICATION_DELAY_SECONDS.
func NotificationDelay(a *app.App) time.Duration {
	return time.Duration(a.Int("NOTIFICATION_DELAY_SECONDS", 10)) * time.Second
}

// Deliverer returns the service that sends notifications, at most SMS_PER_DAY text
// messages. It sends no e-mail without a SENDER_ADDRESS.
func Deliverer(a *app.App) *notification.Deliverer {
	deliverer := &notification.Deliverer{
		Store: a.Store(), SMS: sms.New(a.AWS("SNS")), Now: app.Now, MaxSMSPerDay: a.Int("SMS_PER_DAY", 1000),
	}
	if from := a.String("SENDER_ADDRESS", ""); from != "" {
		deliverer.Mailer = mail.New(a.AWS("SES"), from, a.String("EMAIL_CONFIGURATION_SET", ""))
	}
	return deliverer
}
