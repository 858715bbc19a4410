package notification

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/user"
)

// DeliveryJob asks for one delivery: a notification on one channel. Orders may come
// twice, late and side by side.
type DeliveryJob struct {
	UserID  string  `json:"userId"`
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
}

// Recipient is who a delivery goes to, as things stand when it is sent.
type Recipient struct {
	User  user.User
	Found bool // false when the person is gone
	Read  bool // the notification, or the entry it tells of
}

// DeliveryStore keeps deliveries and what decides about them.
type DeliveryStore interface {
	// ClaimDelivery takes a delivery in hand and counts the attempt, unless it is done,
	// or in hand since a time after stale. The notification is as it stands
	// then; it has no ID when there is none.
	ClaimDelivery(ctx context.Context, job DeliveryJob, now, staleBefore time.Time) (n Notification, claimed bool, err error)
	// CompleteDelivery writes what became of a claimed delivery.
	CompleteDelivery(ctx context.Context, n Notification, channel Channel, d Delivery) error
	DeliveryRecipient(ctx context.Context, n Notification) (Recipient, error)
	// IsSuppressed says whether mail to an address has been stopped.
	IsSuppressed(ctx context.Context, address string) (bool, error)
	// ReserveSMSQuota counts a text message of the day; false when most were sent already.
	ReserveSMSQuota(ctx context.Context, day time.Time, limit int) (bool, error)
}

// Mailer sends a mail. person comes back with what a mailbox says about it.
type Mailer interface {
	Mail(ctx context.Context, m Mail, userID string) error
}

// SMSSender sends an SMS to an E.164 number.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// lease is how long a delivery may be in hand: longer than the function that
// sends may run, shorter than its order stays hidden.
const lease = 30 * time.Second

// errInProgress is what becomes of an order whose delivery another one has taken.
var errInProgress = errors.New("the delivery is in hand")

// Deliverer sends notifications by mail and SMS.
//
// A delivery is claimed before it is sent and settled right after. Whoever is
// killed between the two leaves a claim that another one takes over when its
// lease has ended: none is lost. A provider that had the message by then gets
// it again; there is nothing to ask SES or SNS by.
type Deliverer struct {
	Store        DeliveryStore
	Mailer       Mailer // nil where no mail is sent
	SMS          SMSSender
	Now          func() time.Time
	MaxSMSPerDay int
}

// Deliver carries out an order. An order that fails is to come again after the
// wait.
func (d *Deliverer) Deliver(ctx context.Context, job DeliveryJob) (retryAfter time.Duration, err error) {
	now := d.Now()
	n, claimed, err := d.Store.ClaimDelivery(ctx, job, now, now.Add(-lease))
	switch {
	case err != nil:
		return time.Second, err
	case !claimed && n.Deliveries[job.Channel].State == Sending:
		return lease, errInProgress // should its holder have died, nobody else would come
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

// retryDelay is the wait after so many attempts: 10, 20, 40, 80 seconds. The queue
// ends it: template.yaml says after how many an order is put among the failures.
func retryDelay(attempts int) time.Duration {
	return 5 * time.Second << min(max(attempts, 1), 5)
}

// attempt sends, unless there is a reason not to. A failure that another attempt
// may mend has an error.
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

// skipReasonNow is why nothing is to be sent; "" when it is.
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

// maxReasonBytes bounds what is kept of a provider's error.
const maxReasonBytes = 200

func failedDelivery(err error) (State, string, error) {
	text := err.Error()
	if len(text) > maxReasonBytes {
		text = text[:maxReasonBytes]
	}
	return Failed, text, err
}
