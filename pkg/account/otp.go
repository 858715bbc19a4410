package account

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/phone"
)

// The purposes of one-time codes. A code is valid for its purpose only.
const (
	PurposeSignUp = "signup"
	PurposeLogin  = "login"
	PurposeReset  = "reset"
	PurposePhone  = "phone"  // sent to the new or the current number of a user
	PurposeDelete = "delete" // sent to the current number of a user
	PurposeEmail  = "email"  // sent by e-mail
)

const (
	codeTTL              = 5 * time.Minute
	maxCodeAttempts      = 5
	maxUnboundAttempts   = 10               // per newest code, without its challenge, of all clients that requested none
	maxUnboundCodes      = 2                // newest codes that an attempt without a challenge is compared with
	codeResendInterval   = 60 * time.Second // between two codes to one recipient for one client
	maxCodesPerDay       = 30               // to one recipient for one purpose
	maxCodesPerRequester = 10               // of these, requested by one client
	ownEmailCodes        = 3                // of a user in a day that count for no address: others may enter it too
	maxCodesGlobal       = 10_000           // sent per rateWindow; bounds the SMS costs of an attack
	challengeBytes       = 16
	codeDigits           = 6
)

// OneTimeCode is a requested code. The code itself is not stored: it is derived from the
// fields and the application key. The recipient is stored as a keyed hash.
type OneTimeCode struct {
	RecipientMAC string
	Purpose      string
	ID           string // random; the client gets it as the challenge
	ClientMAC    string // keyed hash of the client that requested it
	Attempts     int
	SentAt       time.Time
	ExpiresAt    time.Time
}

// CodeSent is the result of a request for a code.
type CodeSent struct {
	Challenge   string // identifies the code; the client sends it back with the digits
	ExpiresIn   int    // seconds
	ResendAfter int    // seconds
}

// CodeInput is a one-time code that a client sends.
type CodeInput struct {
	Digits string
	// Challenge is the challenge of the code, or "" from a client that does not know
	// challenges.
	Challenge string
}

// OTPStore stores one-time codes and rate counters.
type OTPStore interface {
	CounterStore

	// ReserveCode counts one code in the counter of its client and recipient. It
	// reserves nothing if the counter has reached the limit or if its last code was
	// requested after cutoff; then it returns when that was and the count. It is safe
	// to repeat with the same code.
	ReserveCode(ctx context.Context, counter limit.Counter, c OneTimeCode, cutoff time.Time, limit int) (last time.Time, count int, reserved bool, err error)

	// ReleaseCode takes a reserved code that was not sent from its counter, and sets when
	// the last code was requested; the zero time permits another at once. It does nothing
	// if c is not the last code that was reserved, so it is safe to repeat.
	ReleaseCode(ctx context.Context, counter limit.Counter, c OneTimeCode, last time.Time) error

	// PutCode stores a code. It is safe to repeat.
	PutCode(ctx context.Context, c OneTimeCode) error

	// CountCodeAttempt counts one attempt on the code with the recipient, purpose and
	// ID of c. Counting before the comparison bounds concurrent attempts to
	// maxAttempts. found is false if there is no unexpired code with an attempt left;
	// lockedUntil is when a code without one expires, else zero.
	CountCodeAttempt(ctx context.Context, c OneTimeCode, maxAttempts int) (found bool, lockedUntil time.Time, err error)

	// UnexpiredCodes returns the unexpired codes of a recipient and purpose.
	UnexpiredCodes(ctx context.Context, recipientMAC, purpose string) ([]OneTimeCode, error)

	// Login returns the login of a phone number. found is false if the number has
	// no account; then only FailureWindow can be set.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)
}

// OTP issues and verifies one-time codes and enforces their rate limits.
type OTP struct {
	Store         OTPStore
	Limiter       *RateLimiter
	Devices       *Devices
	Key           auth.SecretKey
	DefaultRegion string // ISO 3166-1 region of phone numbers without a country code
	Now           func() time.Time
	Random        io.Reader

	full FullCounters // clients with too many requests or wrong codes
}

// issueCode reserves and stores a new code and delivers it. The limits apply to the
// recipient and to the others, each a purpose and a recipient; subject is what the code
// authenticates. A code that could not be sent counts for none, and the client can retry at once.
func (o *OTP) issueCode(ctx context.Context, recipient, subject, purpose string, c client, deliver func(c OneTimeCode, digits string) error, others ...string) (CodeSent, error) {
	var id [challengeBytes]byte
	if _, err := io.ReadFull(o.Random, id[:]); err != nil {
		return CodeSent{}, err
	}
	now := o.Now()
	code := OneTimeCode{
		RecipientMAC: keyedHash(o.Key, "number", recipient), Purpose: purpose, ID: base64.RawURLEncoding.EncodeToString(id[:]),
		ClientMAC: o.clientMAC(c), SentAt: now, ExpiresAt: now.Add(codeTTL),
	}
	counter := o.Limiter.counter(scopeCodesOfClient, strings.Join([]string{purpose, c.name, recipient}, " "), 24*time.Hour)
	reservation, err := o.reserve(ctx, c, counter, code, append(others, purpose+" "+recipient))
	if err != nil {
		return CodeSent{}, err
	}
	if err = o.Store.PutCode(ctx, code); err == nil {
		if err = deliver(code, o.digits(subject, code)); err != nil {
			err = apperr.Wrap(apperr.Unavailable, err).WithRetryAfter(time.Second)
		}
	}
	if err != nil {
		return CodeSent{}, errors.Join(err, o.refund(ctx, reservation, time.Time{}))
	}
	return CodeSent{Challenge: code.ID, ExpiresIn: int(codeTTL / time.Second), ResendAfter: int(codeResendInterval / time.Second)}, nil
}

// countRequest counts a request for a code per client. It fails with too_many_requests
// above the limit.
func (o *OTP) countRequest(ctx context.Context, c client) error {
	counter := o.Limiter.counter(scopeCodeRequests, c.name, rateWindow)
	if o.full.contains(counter) {
		return apperr.New(apperr.TooManyRequests, "").WithRetryAfter(o.Limiter.retryAfter(counter))
	}
	err := o.Limiter.consume(ctx, counter, o.Limiter.PerClient)
	if apperr.Is(err, apperr.TooManyRequests) {
		o.full.add(counter)
	}
	return err
}

// clientMAC returns what identifies a client in the codes that it requested.
func (o *OTP) clientMAC(c client) string { return keyedHash(o.Key, "code client", c.name) }

// isBoundToUser reports whether codes of a purpose are requested by signed-in users, and are
// valid for that user only.
func isBoundToUser(purpose string) bool { return purpose == PurposePhone || purpose == PurposeDelete }

// phoneSubject returns what a code sent to a phone number authenticates.
func phoneSubject(number, purpose, userID string) string {
	if isBoundToUser(purpose) {
		return userID + " " + number
	}
	return number
}

// accountSubject returns what a code to log in or to reset a password authenticates: the account
// that had the phone number when the code was sent.
func accountSubject(number, userID string) string { return userID + " " + number }

// digits returns the six digits of a code. They are derived and not drawn, so that a
// repeated delivery sends the same code and no queue, log or table contains it.
func (o *OTP) digits(subject string, c OneTimeCode) string {
	mac := o.Key.MAC("code digits", subject, c.Purpose, c.ID)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac)%1_000_000)
}

// parsePhone returns the E.164 form of a phone number. It fails with invalid_body.
func (o *OTP) parsePhone(raw string) (string, error) { return normalizePhone(raw, o.DefaultRegion) }

// normalizePhone returns the E.164 form of a phone number. It fails with
// invalid_body at /phone.
func normalizePhone(raw, region string) (string, error) {
	number, err := phone.Normalize(raw, region)
	if err != nil {
		return "", apperr.Validation(apperr.Field{Pointer: "/phone", Code: "invalid", Message: "Must be a valid mobile number."}).WithCause(err)
	}
	return number, nil
}
