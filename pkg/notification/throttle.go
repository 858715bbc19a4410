package notification

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// ErrThrottled means that a provider accepts no more messages at the moment, because a rate or a
// quota is used up. It says nothing about the message, so it is no failed attempt.
var ErrThrottled = errors.New("throttled by the provider")

const (
	// maxThrottled is how long a delivery waits for a provider. SES counts its quota over 24 hours.
	maxThrottled = 48 * time.Hour
	// minPostponement and maxPostponement bound the delay of a throttled job. SQS delays a message
	// by at most 15 minutes.
	minPostponement = time.Minute
	maxPostponement = 5 * time.Minute
	// postponementSpread is the largest delay by the smallest. It spreads the jobs of a broadcast.
	postponementSpread = 3
)

// withinThrottleLimit returns the error of an attempt. After maxThrottled it is no longer
// ErrThrottled, so that the delivery fails.
func (d *Deliverer) withinThrottleLimit(job DeliveryJob, err error) error {
	if errors.Is(err, ErrThrottled) && !job.ThrottledSince.IsZero() && d.Now().Sub(job.ThrottledSince) > maxThrottled {
		return errors.New(err.Error())
	}
	return err
}

// postpone sends a throttled job again in a message of its own, because a message is received a few
// times only. It returns the cause, or another error if the job must be retried.
func (d *Deliverer) postpone(ctx context.Context, job DeliveryJob, cause error) (retryAfter time.Duration, err error) {
	if job.ThrottledSince.IsZero() {
		job.ThrottledSince = d.Now()
	}
	// The longer the provider throttles, the rarer are the attempts: 1 to 3 minutes at first, 5 to 15
	// after an hour.
	shortest := min(max(d.Now().Sub(job.ThrottledSince)/10, minPostponement), maxPostponement)
	delay := shortest + rand.N((postponementSpread-1)*shortest) //nolint:gosec // jitter, not a secret
	if err := d.Queue.Send(ctx, delay, job); err != nil {
		return shortest, err
	}
	return 0, cause
}
