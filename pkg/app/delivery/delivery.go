// Package delivery builds the queues and the sender of notifications.
package delivery

import (
	"context"
	"fmt"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/pushmessages"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/queue"
	"ticketsystem/pkg/sms"
)

// Queue returns the queue of delivery jobs, from DELIVERY_QUEUE_URL.
func Queue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("DELIVERY_QUEUE_URL"))
}

// CodeQueue returns the queue of one-time codes, from CODE_QUEUE_URL.
func CodeQueue(a *app.App) *queue.Queue {
	return queue.New(a.AWS("SQS"), a.Required("CODE_QUEUE_URL"))
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

// CodeSender returns the service that sends the queued one-time codes, at most
// CODES_PER_DAY.
func CodeSender(a *app.App) *account.CodeSender {
	return &account.CodeSender{OTP: a.OTP(), SMS: smsSender(a), MaxPerDay: a.Int("CODES_PER_DAY", 10_000), Brand: a.Brand()}
}

// smsSender returns the sender of SMS: the provider at SMS_PROVIDER_URL, or SNS without one.
func smsSender(a *app.App) countedSMS {
	address := a.String("SMS_PROVIDER_URL", "")
	if address == "" {
		return countedSMS{sms.New(a.AWS("SNS")), a.Metrics()}
	}
	secrets, name := a.Secrets(), a.Required("SMS_SECRET_PARAMETER")
	sender, err := sms.NewHTTP(sms.Provider{
		URL: address, Header: a.String("SMS_PROVIDER_HEADER", ""), Body: a.String("SMS_PROVIDER_BODY", ""), Accepted: a.String("SMS_PROVIDER_ACCEPTED", ""),
	}, func(ctx context.Context) (string, error) { return secrets.Get(ctx, name) })
	if err != nil {
		a.Fail("SMS_PROVIDER_URL, SMS_PROVIDER_HEADER or SMS_PROVIDER_BODY", err)
	}
	return countedSMS{sender, a.Metrics()}
}

// SMSCodes returns the service that queues one-time codes, for the countries in
// ALLOWED_COUNTRIES.
func SMSCodes(a *app.App) *account.SMSCodes {
	countries := a.List("ALLOWED_COUNTRIES")
	for _, country := range countries {
		if !phone.KnownRegion(country) {
			a.Fail("ALLOWED_COUNTRIES", fmt.Errorf("must be ISO 3166 alpha-2 codes, is %q", country))
		}
	}
	return &account.SMSCodes{OTP: a.OTP(), Users: a.Store(), Queue: CodeQueue(a), AllowedCountries: countries}
}

// Deliverer returns the service that sends notifications, at most SMS_PER_DAY text
// messages. It sends no e-mail without a SENDER_ADDRESS.
func Deliverer(a *app.App) *notification.Deliverer {
	deliverer := &notification.Deliverer{
		Store: a.Store(), SMS: smsSender(a), Now: app.Now, MaxSMSPerDay: a.Int("SMS_PER_DAY", 1000), Key: a.Key(), Brand: a.Brand(),
		Queue: Queue(a),
	}
	if from := a.String("SENDER_ADDRESS", ""); from != "" {
		deliverer.Mailer = countedMail{mail.New(a.AWS("SES"), from, a.String("EMAIL_CONFIGURATION_SET", "")), a.Metrics()}
	}
	deliverer.Push, deliverer.PushSender = pushmessages.Subscriptions(a), pushmessages.Sender(a)
	return deliverer
}

// PushSubscriptions returns the service of push subscriptions.
func PushSubscriptions(a *app.App) *notification.PushSubscriptions {
	return pushmessages.Subscriptions(a)
}

// countedSMS counts the messages that the provider accepts.
type countedSMS struct {
	notification.SMSSender
	metrics *metric.Recorder
}

func (c countedSMS) Send(ctx context.Context, to, text string) error {
	err := c.SMSSender.Send(ctx, to, text)
	if err == nil {
		c.metrics.Add(metric.TextsSent, 1)
	}
	return err
}

// countedMail counts the e-mails that SES accepts.
type countedMail struct {
	notification.Mailer
	metrics *metric.Recorder
}

func (c countedMail) Mail(ctx context.Context, m notification.Mail, userID string) error {
	err := c.Mailer.Mail(ctx, m, userID)
	if err == nil {
		c.metrics.Add(metric.EmailsSent, 1)
	}
	return err
}
