package notification_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/notification"
)

// jobQueue records the jobs that are sent and the last delay.
type jobQueue struct {
	jobs  []notification.DeliveryJob
	delay time.Duration
	err   error
}

func (q *jobQueue) Send(_ context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error {
	if q.err == nil {
		q.jobs, q.delay = append(q.jobs, jobs...), delay
	}
	return q.err
}

// TestDeliver_Throttled checks that a throttled SMS stays queued, counts once for the quota and is
// repeated by a later job, and that it fails after two days.
func TestDeliver_Throttled(t *testing.T) {
	f, queue := newFixture(t, notification.Queued), &jobQueue{}
	f.providerErr = fmt.Errorf("sms: %w", notification.ErrThrottled)
	job := notification.DeliveryJob{UserID: "sara", ID: "N", Channel: notification.SMS, TicketID: ticketID}
	deliver := func(after time.Duration) error {
		d := f.deliverer(noon.Add(after))
		d.Queue = queue
		_, err := d.Deliver(t.Context(), job)
		return err
	}
	for i, after := range []time.Duration{0, 2 * time.Minute, 20 * time.Minute, time.Hour, 24 * time.Hour, 47 * time.Hour} {
		if err := deliver(after); !errors.Is(err, notification.ErrThrottled) || len(queue.jobs) != i+1 {
			t.Fatalf("after %v: got %v, jobs %+v", after, err, queue.jobs)
		}
		shortest := min(max(after/10, time.Minute), 5*time.Minute)
		if job = queue.jobs[i]; !job.ThrottledSince.Equal(noon) || queue.delay < shortest || queue.delay > 3*shortest {
			t.Errorf("after %v: got %+v delayed by %v, want %v to %v", after, job, queue.delay, shortest, 3*shortest)
		}
		if got := f.delivery(notification.SMS); got.State != notification.Queued || got.Reason != "" {
			t.Errorf("after %v: got %+v, want it queued", after, got)
		}
	}
	if err := deliver(49 * time.Hour); err == nil || errors.Is(err, notification.ErrThrottled) || f.delivery(notification.SMS).State != notification.Failed {
		t.Errorf("after the limit: got %v, %+v, want a failure", err, f.delivery(notification.SMS))
	}
	f.providerErr = nil
	if err := deliver(50 * time.Hour); err != nil || f.delivery(notification.SMS).State != notification.Sent {
		t.Errorf("got %v, %+v, want it sent", err, f.delivery(notification.SMS))
	}
	if allowed, err := f.ReserveSMSQuota(t.Context(), noon, 1, 2); err != nil || !allowed {
		t.Errorf("eight attempts counted more than once: %v, %v", allowed, err)
	}
}

// TestDeliver_ThrottledJobNotSent checks that a throttled job is retried if the queue fails.
func TestDeliver_ThrottledJobNotSent(t *testing.T) {
	f := newFixture(t, notification.Queued)
	f.providerErr = notification.ErrThrottled
	d := f.deliverer(noon)
	d.Queue = &jobQueue{err: errProvider}
	job := notification.DeliveryJob{UserID: "sara", ID: "N", Channel: notification.Email, TicketID: ticketID}
	if retryAfter, err := d.Deliver(t.Context(), job); !errors.Is(err, errProvider) || errors.Is(err, notification.ErrThrottled) || retryAfter < time.Minute {
		t.Errorf("got %v, %v", retryAfter, err)
	}
}

// TestDeliver_ThrottledNotice checks that a throttled notice about a change of the account is repeated.
func TestDeliver_ThrottledNotice(t *testing.T) {
	f, queue := newFixture(t, notification.Queued), &jobQueue{}
	f.providerErr = notification.ErrThrottled
	old, err := f.User(t.Context(), "sara")
	f.must(err)
	updated := old
	updated.PasswordVersion++
	d := f.deliverer(noon)
	key, err := auth.NewSecretKey(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	f.must(err)
	d.Queue, d.Key = queue, key
	for _, job := range notification.ChangeNotices(d.Key, old, updated) {
		if _, err := d.Deliver(t.Context(), job); !errors.Is(err, notification.ErrThrottled) || len(queue.jobs) != 1 || queue.jobs[0].Notice != job.Notice {
			t.Errorf("got %v, jobs %+v", err, queue.jobs)
		}
	}
}

// TestDeliver_ThrottledPush checks that a push message reaches each subscription once, if the service
// of one of them throttles.
func TestDeliver_ThrottledPush(t *testing.T) {
	f := newPushFixture(t, "a", "b")
	f.errs["b"] = notification.ErrThrottled
	if got, err := f.push(); !errors.Is(err, notification.ErrThrottled) || got.State != notification.Queued {
		t.Errorf("got %+v, %v, want it queued", got, err)
	}
	f.errs = nil
	if got, err := f.push(); err != nil || got.State != notification.Sent || !slices.Equal(f.pushed, []string{"a", "b", "b"}) {
		t.Errorf("got %+v, %v, pushed %v", got, err, f.pushed)
	}
}
