package notification

import (
	"context"
	"errors"
	"strings"
	"time"

	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// DeliveryJob requests the delivery of one notification on one channel. Jobs may
// be repeated, delayed or run concurrently.
type DeliveryJob struct {
	UserID  string  `json:"userId"`
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
	// TicketID is the ticket of the notification, or "".
	TicketID string `json:"ticketId,omitempty"`
	// Notice is a sealed notice about a change of the account. A job has either it or an ID.
	Notice    string `json:"notice,omitempty"`
	RequestID string `json:"requestId,omitempty"` // of the notification
	// ThrottledSince is when a provider first throttled it. Zero: never.
	ThrottledSince time.Time `json:"throttledSince,omitzero"`
}

// DeliveryStore stores deliveries and the data needed to send them.
type DeliveryStore interface {
	// DeliveryInput reads what the delivery depends on.
	DeliveryInput(ctx context.Context, job DeliveryJob) (DeliveryInput, error)
	// ClaimDelivery claims a delivery, counts the attempt, and skips the deliveries of
	// grouped as grouped into n. It does nothing and returns false if one of them has
	// changed since DeliveryInput.
	ClaimDelivery(ctx context.Context, n Notification, channel Channel, grouped []Notification, now time.Time) (claimed bool, err error)
	// CompleteDelivery stores the result of a claimed delivery, or that it is queued again.
	CompleteDelivery(ctx context.Context, n Notification, channel Channel, d Delivery) error
	// IsSuppressed reports whether mail to the address is suppressed.
	IsSuppressed(ctx context.Context, address string) (bool, error)
	// ReserveSMSQuota counts the segments of an SMS for the day. It returns false, and counts none,
	// if they exceed limit.
	ReserveSMSQuota(ctx context.Context, day time.Time, segments, limit int) (bool, error)
}

// Mailer sends mail. Bounce and complaint reports contain userID. It fails with ErrThrottled if the
// provider accepts no more messages at the moment.
type Mailer interface {
	Mail(ctx context.Context, m Mail, userID string) error
}

// SMSSender sends an SMS to an E.164 phone number. It fails with ErrThrottled if the provider accepts
// no more messages at the moment.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// lease is how long a claim is valid. It exceeds the timeout of the function
// and is shorter than the visibility timeout of its queue.
const lease = 30 * time.Second

// errInProgress is returned if another worker holds the claim of the delivery.
var errInProgress = errors.New("delivery in progress")

// Deliverer sends notifications by e-mail, SMS and push message. One message reports all pending
// notifications of a ticket (ADR 0021).
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
	MaxSMSPerDay int    // segments
	Key          Sealer // of ChangeNotices
	Brand        locale.Brand
	Push         *PushSubscriptions
	PushSender   PushSender
	Queue        JobQueue // takes throttled jobs
}

// Deliver runs a job. ErrThrottled means that the job is complete and another one in the queue
// repeats it. After any other error the job must be retried after retryAfter. Jobs already
// delivered or claimed are not sent again.
func (d *Deliverer) Deliver(ctx context.Context, job DeliveryJob) (retryAfter time.Duration, err error) {
	if job.Notice != "" {
		retryAfter, err = noticeRetryDelay, d.deliverNotice(ctx, job)
	} else {
		retryAfter, err = d.deliverNotification(ctx, job)
	}
	if errors.Is(err, ErrThrottled) {
		return d.postpone(ctx, job, err)
	}
	return retryAfter, err
}

// deliverNotification claims the delivery of a notification and completes it.
func (d *Deliverer) deliverNotification(ctx context.Context, job DeliveryJob) (retryAfter time.Duration, err error) {
	for range maxClaims {
		now := d.Now()
		in, err := d.Store.DeliveryInput(ctx, job)
		if err != nil {
			return time.Second, err
		}
		delivery := in.Notification.Deliveries[job.Channel]
		if !delivery.claimable(now.Add(-lease)) {
			if delivery.State == Sending {
				return lease, errInProgress // retry in case the holder of the claim has died
			}
			return 0, nil
		}
		reason, reported, grouped := d.plan(in, job.Channel, now)
		claimed, err := d.Store.ClaimDelivery(ctx, in.Notification, job.Channel, grouped, now)
		switch {
		case err != nil:
			return time.Second, err
		case claimed:
			delivery.Attempts++
			return d.complete(ctx, in, job, delivery, reason, reported)
		}
	}
	return time.Second, errInProgress
}

// maxClaims bounds how often a claim is repeated while other workers claim
// notifications of the same ticket.
const maxClaims = 5

// plan returns why the delivery must be skipped, or the notifications to report.
func (d *Deliverer) plan(in DeliveryInput, channel Channel, now time.Time) (reason string, reported, grouped []Notification) {
	switch {
	case !in.UserFound, in.User.Disabled, in.Notification.ForAgent() && !in.User.Role.IsStaff():
		return ReasonUserDeleted, nil, nil
	case in.Deleted:
		return ReasonDeleted, nil, nil
	}
	reported, grouped = in.group(channel, now.Add(-lease))
	switch {
	case len(reported) == 0 && in.Notification.Read:
		return ReasonRead, nil, nil
	case len(reported) == 0:
		return ReasonOutdated, nil, nil
	case channel == Email && d.Mailer == nil, channel == Push && d.PushSender == nil:
		return ReasonNoProvider, nil, nil
	}
	if reason := skipReason(in.User, channel); reason != "" {
		return reason, nil, nil
	}
	if channel == SMS && in.isAgentTold() {
		return ReasonGrouped, nil, nil
	}
	return "", reported, grouped
}

// complete sends a claimed delivery unless there is a reason to skip it, and stores the
// result. A throttled delivery is queued again and keeps the reason of an earlier failure.
func (d *Deliverer) complete(ctx context.Context, in DeliveryInput, job DeliveryJob, delivery Delivery, reason string, reported []Notification) (retryAfter time.Duration, err error) {
	var sendErr error
	was := delivery.Reason
	if delivery.State, delivery.Reason = Skipped, reason; reason == "" {
		delivery.State, delivery.Reason, sendErr = d.attempt(ctx, summarize(reported), in.User, job.Channel, &delivery)
	}
	if sendErr = d.withinThrottleLimit(job, sendErr); errors.Is(sendErr, ErrThrottled) {
		delivery.State, delivery.Reason = Queued, was
	}
	delivery.At = d.Now()
	if err := d.Store.CompleteDelivery(ctx, in.Notification, job.Channel, delivery); err != nil {
		return lease, err
	}
	return retryDelay(delivery.Attempts), sendErr
}

// retryDelay returns the delay after an attempt: 10, 20, 40, 80 and then 160 seconds. The
// queue's maxReceiveCount in template.yaml limits the number of attempts.
func retryDelay(attempts int) time.Duration {
	return 5 * time.Second << min(max(attempts, 1), 5)
}

// attempt sends the notification unless a limit stops it, for which an SMS counts once however often
// it is attempted. It returns an error if the delivery must be retried.
func (d *Deliverer) attempt(ctx context.Context, n Notification, to user.User, channel Channel, delivery *Delivery) (State, string, error) {
	switch channel { //nolint:exhaustive // the other one is SMS
	case Push:
		return d.push(ctx, n, to, delivery)
	case Email:
		suppressed, err := d.Store.IsSuppressed(ctx, to.Email)
		switch {
		case err != nil:
			return failedDelivery(err)
		case suppressed:
			return Skipped, ReasonSuppressed, nil
		}
		return outcome(d.Mailer.Mail(ctx, NewMail(n, to, d.Brand), to.ID))
	}
	text := ShortText(n, to.Locale, d.Brand)
	if !delivery.Counted {
		allowed, err := d.Store.ReserveSMSQuota(ctx, d.Now(), Segments(text), d.maxSMSPerDay(to))
		switch {
		case err != nil:
			return failedDelivery(err)
		case !allowed:
			return Failed, ReasonSpendLimit, nil
		}
		delivery.Counted = true
	}
	return outcome(d.SMS.Send(ctx, to.Phone, text))
}

// maxSMSPerDay returns how many segments are sent in a day before a user gets no more. The last fifth
// is kept for customers: a customer with many assigned tickets could use up all by texts to agents.
func (d *Deliverer) maxSMSPerDay(to user.User) int {
	if to.Role.IsStaff() {
		return d.MaxSMSPerDay - d.MaxSMSPerDay/5
	}
	return d.MaxSMSPerDay
}

func outcome(err error) (State, string, error) {
	if err != nil {
		return failedDelivery(err)
	}
	return Sent, "", nil
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
