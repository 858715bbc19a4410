package account

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
)

// codeReservation is what a code counts in: the counter of its client and recipient, and those of
// its recipients.
type codeReservation struct {
	code       OneTimeCode
	client     limit.Counter
	recipients []limit.Counter
}

// reserve counts a code per client and recipient, and per recipient. A request that is
// rejected is not counted, so that it takes nothing from the recipient's own requests. The first
// e-mails of a user are counted for the user alone, so that strangers who enter the same address
// take nothing from them. It fails with too_many_requests.
func (o *OTP) reserve(ctx context.Context, c client, counter limit.Counter, code OneTimeCode, recipients []string) (codeReservation, error) {
	r := codeReservation{code: code, client: counter}
	last, count, reserved, err := o.Store.ReserveCode(ctx, counter, code, code.SentAt.Add(-codeResendInterval), maxCodesPerRequester)
	switch {
	case err != nil:
		return r, err
	case !reserved && count >= maxCodesPerRequester:
		return r, apperr.New(apperr.TooManyRequests, "").WithRetryAfter(o.Limiter.retryAfter(counter))
	case !reserved:
		return r, apperr.New(apperr.TooManyRequests, "A code was sent a moment ago.").
			WithRetryAfter(max(last.Add(codeResendInterval).Sub(code.SentAt), time.Second))
	}
	if code.Purpose == PurposeEmail && count <= ownEmailCodes {
		return r, nil
	}
	for _, recipient := range recipients {
		pool := o.Limiter.pool(c, scopeCodesToNumber, recipient, 24*time.Hour)
		added, err := o.Limiter.AddWithin(ctx, pool, 1, maxCodesPerDay)
		switch {
		case err != nil:
			return r, errors.Join(err, o.refund(ctx, r, time.Time{}))
		case !added:
			err := apperr.New(apperr.TooManyRequests, "").WithRetryAfter(o.Limiter.retryAfter(pool))
			return r, errors.Join(err, o.refund(ctx, r, code.SentAt))
		}
		r.recipients = append(r.recipients, pool)
	}
	return r, nil
}

// refund takes a code that was not sent from the counters. The client's next code is accepted
// codeResendInterval after last.
func (o *OTP) refund(ctx context.Context, r codeReservation, last time.Time) error {
	err := o.Store.ReleaseCode(ctx, r.client, r.code, last)
	for _, recipient := range r.recipients {
		_, addErr := o.Limiter.AddToCounter(ctx, recipient, -1)
		err = errors.Join(err, addErr)
	}
	return err
}
