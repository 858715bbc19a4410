package notification

import (
	"context"
	"errors"
	"strings"
	"time"

	"ticketsystem/pkg/user"
)

// DeliveryJob requests the delivery of one notification on one channel. Jobs may
// be repeated, delayed or run concurrently.
type DeliveryJob struct {
	UserID  string  `json:"userId"`
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
}

// Recipient is the receiver of a delivery, read when it is sent.
type Recipient struct {
	User  user.User
	Found bool // false if the user was deleted
	Read  bool // whether the user has read the notification or its entry
}

// DeliveryStore stores deliveries and the data needed to send them.
type DeliveryStore interface {
	// ClaimDelivery claims a queued or failed delivery, or one whose claim is
	// older than staleBefore, and counts the attempt. It returns the current
	// notification, which has no ID if it does not exist.
	ClaimDelivery(ctx context.Context, job DeliveryJob, now, staleBefore time.Time) (n Notification, claimed bool, err error)
	// CompleteDelivery stores the result of a claimed delivery.
	CompleteDelivery(ctx context.Context, n Notification, channel Channel, d Delivery) error
	// DeliveryRecipient returns the current recipient of a notification.
	DeliveryRecipient(ctx context.Context, n Notification) (Recipient, error)
	// IsSuppressed reports whether mail to the address is suppressed.
	IsSuppressed(ctx context.Context, address string) (bool, error)
	// ReserveSMSQuota counts one SMS for the day. It returns false if limit is
	// already reached.
	ReserveSMSQuota(ctx context.Context, day time.Time, limit int) (bool, error)
}

// Mailer sends mail. Bounce and complaint reports contain userID.
type Mailer interface {
	Mail(ctx context.Context, m Mail, userID string) error
}

// SMSSender sends an SMS to an E.164 phone number.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// lease is how long a claim is valid. It exceeds the timeout of the function
// and is shorter than the visibility timeout of its queue.
const lease = 30 * time.Second

// errInProgress is returned if another worker holds the claim of the delivery.
var errInProgress = errors.New("delivery in progress")

// Deliverer sends notifications by e-mail and SMS.
//
// A delivery is claimed before it is sent and completed afterwards. If the
// process dies in between, another worker takes over the claim after its lease.
// Delivery is therefore at least once: the provider may already have accepted
// the message, and SES and SNS have no idempotency key.
type Deliverer struct {
	Store        DeliveryStore
	Mailer       Mailer // nil if e-mail is not configured
	SMS          SMSSender
	Now          func() time.Time
	MaxSMSPerDay int
}

// Deliver runs a job. If it returns an error, the job must be retried after
// retryAfter. Jobs already delivered or claimed are not sent again.
func (d *Deliverer) Deliver(ctx context.Context, job DeliveryJob) (retryAfter time.Duration, err error) {
	now := d.Now()
	n, claimed, err := d.Store.ClaimDelivery(ctx, job, now, now.Add(-lease))
	switch {
	case err != nil:
		return time.Second, err
	case !claimed && n.Deliveries[job.Channel].State == Sending:
		return lease, errInProgress // retry in case the holder of the claim has died
	case !claimed:
		return 0, nil
	}
	delivery := n.Deliveries[job.Channel]
	var sendErr error
	delivery.State, delivery.Reason, sendErr = d.attempt(ctx, n, job.Channel)
	delivery.At = d.Now()
	if err := d.Store.CompleteDelivery(ctx, n, job.Channel, delivery); err != nil {
		return lease, err
	}
	return retryDelay(delivery.Attempts), sendErr
}

// retryDelay returns the delay after an attempt: 10, 20, 40, 80 and then 160 seconds. The
// queue's maxReceiveCount in template.yaml limits the number of attempts.
func retryDelay(attempts int) time.Duration {
	return 5 * time.Second << min(max(attempts, 1), 5)
}

// attempt sends the notification unless it is to be skipped. It returns an
// error if the delivery must be retried.
func (d *Deliverer) attempt(ctx context.Context, n Notification, channel Channel) (State, string, error) {
	to, err := d.Store.DeliveryRecipient(ctx, n)
	if err != nil {
		return failedDelivery(err)
	}
	reason, err := d.skipReasonNow(ctx, to, channel)
	switch {
	case err != nil:
		return failedDelivery(err)
	case reason == ReasonSpendLimit:
		return Failed, reason, nil
	case reason != "":
		return Skipped, reason, nil
	}
	if channel == Email {
		err = d.Mailer.Mail(ctx, NewMail(n, to.User), to.User.ID)
	} else {
		err = d.SMS.Send(ctx, to.User.Phone, ShortText(n, to.User.Locale))
	}
	if err != nil {
		return failedDelivery(err)
	}
	return Sent, "", nil
}

// skipReasonNow returns why the notification must not be sent now, or "".
func (d *Deliverer) skipReasonNow(ctx context.Context, to Recipient, channel Channel) (string, error) {
	switch {
	case !to.Found, to.User.Disabled:
		return ReasonUserDeleted, nil
	case to.Read:
		return ReasonRead, nil
	case channel == Email && d.Mailer == nil:
		return ReasonNoProvider, nil
	}
	if reason := skipReason(to.User, channel); reason != "" {
		return reason, nil
	}
	if channel == Email {
		suppressed, err := d.Store.IsSuppressed(ctx, to.User.Email)
		if suppressed {
			return ReasonSuppressed, err
		}
		return "", err
	}
	allowed, err := d.Store.ReserveSMSQuota(ctx, d.Now(), d.MaxSMSPerDay)
	if !allowed {
		return ReasonSpendLimit, err
	}
	return "", err
}

// maxReasonBytes limits the length of a stored provider error.
const maxReasonBytes = 200

// failedDelivery returns the outcome of a failure of the provider. The reason is cut between
// characters.
func failedDelivery(err error) (State, string, error) {
	text := err.Error()
	if len(text) > maxReasonBytes {
		text = strings.ToValidUTF8(text[:maxReasonBytes], "")
	}
	return Failed, text, err
}
