package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/phone"
)

// The purposes of one-time codes. A code is valid for its purpose only.
const (
	PurposeSignUp = "signup"
	PurposeLogin  = "login"
	PurposeReset  = "reset"
	PurposePhone  = "phone" // sent to the new number of a user
	PurposeEmail  = "email" // sent by e-mail
)

const (
	codeTTL            = 5 * time.Minute
	maxCodeAttempts    = 5
	codeResendInterval = 60 * time.Second // between two codes to one recipient
	maxCodesPerDay     = 30               // to one recipient
	maxCodesGlobal     = 10_000           // per rateWindow; bounds the SMS costs of an attack
)

// OneTimeCode is a stored code. It contains keyed hashes, never the code or the
// recipient.
type OneTimeCode struct {
	RecipientMAC string
	Purpose      string
	Hash         string
	Attempts     int
	SentAt       time.Time
	ExpiresAt    time.Time
}

// CodeSent is the result of a request for a code.
type CodeSent struct {
	ExpiresIn   int // seconds
	ResendAfter int // seconds
}

// SMSSender sends an SMS to an E.164 number.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// OTPStore stores one-time codes and rate counters.
type OTPStore interface {
	// PutCode stores a code. If a code of the same recipient and purpose was sent
	// after cutoff, it stores nothing and returns when that code was sent.
	PutCode(ctx context.Context, c OneTimeCode, cutoff time.Time) (sentAt time.Time, stored bool, err error)

	// DeleteCode deletes a code that could not be sent.
	DeleteCode(ctx context.Context, c OneTimeCode) error

	// ConsumeCodeAttempt counts one attempt on a code and returns the code. Counting
	// before the comparison bounds concurrent attempts to maxAttempts. found is
	// false if there is no unexpired code; locked is true if no attempt is left.
	ConsumeCodeAttempt(ctx context.Context, recipientMAC, purpose string, maxAttempts int) (c OneTimeCode, found, locked bool, err error)

	// IncrementCounter adds one to a rate counter and returns the new value.
	IncrementCounter(ctx context.Context, counter RateCounter) (int, error)

	// Login returns the login of a phone number. found is false if the number has
	// no account; then only FailureWindow can be set.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)
}

// OTP issues and verifies one-time codes and enforces their rate limits.
type OTP struct {
	Store         OTPStore
	Key           auth.SecretKey
	Limits        RateLimits
	DefaultRegion string // ISO 3166-1 region of phone numbers without a country code
	Now           func() time.Time
	Random        io.Reader
}

// SMSCodes sends one-time codes by SMS.
type SMSCodes struct {
	OTP *OTP
	SMS SMSSender
}

// SendCode sends a one-time code to a phone number. It fails with invalid_body for
// an invalid number, too_many_requests or unavailable. The result does not reveal
// whether the number has an account: a code to log in or to reset a password is
// sent only if it has one.
func (c *SMSCodes) SendCode(ctx context.Context, rawPhone, purpose string, caller Caller) (CodeSent, error) {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return CodeSent{}, err
	}
	if err := c.OTP.checkSendLimits(ctx, number, caller); err != nil {
		return CodeSent{}, err
	}
	return c.OTP.issueCode(ctx, number, number, purpose, func(digits string) error {
		return c.sendSMS(ctx, number, purpose, digits, caller.Locale)
	})
}

// sendSMS sends the code, except for a login or reset code of an unknown number.
func (c *SMSCodes) sendSMS(ctx context.Context, number, purpose, digits, language string) error {
	if purpose == PurposeLogin || purpose == PurposeReset {
		login, found, err := c.OTP.Store.Login(ctx, number)
		if err != nil || !found {
			return err
		}
		language = login.User.Locale
	}
	text := locale.Pick(language, "Your TicketSystem code is %s. It is valid for 5 minutes. Give it to nobody.",
		"کد تیکت‌سیستم شما: %s\nتا ۵ دقیقه معتبر است. آن را به هیچ‌کس ندهید.")
	return c.SMS.Send(ctx, number, fmt.Sprintf(text, digits))
}

// issueCode stores a new code and delivers it. recipient is what the resend
// interval applies to; subject is what the code authenticates. If the delivery
// fails, the code is deleted so that the client can retry at once.
func (o *OTP) issueCode(ctx context.Context, recipient, subject, purpose string, deliver func(digits string) error) (CodeSent, error) {
	digits, err := randomCode(o.Random)
	if err != nil {
		return CodeSent{}, err
	}
	now := o.Now()
	code := OneTimeCode{
		RecipientMAC: o.keyedHash("number", recipient), Purpose: purpose, Hash: o.codeHash(subject, purpose, digits),
		SentAt: now, ExpiresAt: now.Add(codeTTL),
	}
	sentAt, stored, err := o.Store.PutCode(ctx, code, now.Add(-codeResendInterval))
	if err != nil {
		return CodeSent{}, err
	}
	if !stored {
		return CodeSent{}, apperr.New(apperr.TooManyRequests, "A code was sent a moment ago.").
			WithRetryAfter(max(sentAt.Add(codeResendInterval).Sub(now), time.Second))
	}
	if err := deliver(digits); err != nil {
		return CodeSent{}, errors.Join(apperr.Wrap(apperr.Unavailable, err).WithRetryAfter(time.Second), o.Store.DeleteCode(ctx, code))
	}
	return CodeSent{ExpiresIn: int(codeTTL / time.Second), ResendAfter: int(codeResendInterval / time.Second)}, nil
}

// checkSendLimits counts a request for a code per IP address, globally and per
// recipient. It fails with too_many_requests above a limit.
func (o *OTP) checkSendLimits(ctx context.Context, recipient string, caller Caller) error {
	if err := o.consume(ctx, o.rateCounter("code-address", caller.IP, rateWindow), o.Limits.PerIP); err != nil {
		return err
	}
	if err := o.consume(ctx, o.rateCounter("code-all", "", rateWindow), maxCodesGlobal); err != nil {
		return err
	}
	return o.consumeRecipient(ctx, recipient)
}

// consumeRecipient counts a code to one recipient. It fails with too_many_requests
// above maxCodesPerDay.
func (o *OTP) consumeRecipient(ctx context.Context, recipient string) error {
	return o.consume(ctx, o.rateCounter("code-number", recipient, 24*time.Hour), maxCodesPerDay)
}

// verifyPhoneCode verifies a code that was sent to a phone number. Errors are those
// of verifyCode.
func (o *OTP) verifyPhoneCode(ctx context.Context, number, purpose, digits string) (OneTimeCode, error) {
	return o.verifyCode(ctx, number, number, purpose, digits)
}

// verifyCode counts an attempt and compares the code. It fails with code_wrong or
// code_locked. It does not delete the code: the store does that in the transaction
// that uses it.
func (o *OTP) verifyCode(ctx context.Context, recipient, subject, purpose, digits string) (OneTimeCode, error) {
	code, found, locked, err := o.Store.ConsumeCodeAttempt(ctx, o.keyedHash("number", recipient), purpose, maxCodeAttempts)
	switch {
	case err != nil:
		return OneTimeCode{}, err
	case locked:
		return OneTimeCode{}, apperr.New(apperr.CodeLocked, "")
	case !found || subtle.ConstantTimeCompare([]byte(code.Hash), []byte(o.codeHash(subject, purpose, digits))) != 1:
		return OneTimeCode{}, apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{
			Pointer: "/code", Code: "wrong", Message: "The code is wrong or has expired."})
	}
	return code, nil
}

// codeHash returns the keyed hash of a code. Persian and ASCII digits are equal.
func (o *OTP) codeHash(subject, purpose, digits string) string {
	return hex.EncodeToString(o.Key.MAC("code", subject, purpose, phone.ASCIIDigits(digits)))
}

// parsePhone returns the E.164 form of a phone number. It fails with invalid_body.
func (o *OTP) parsePhone(raw string) (string, error) { return normalizePhone(raw, o.DefaultRegion) }

// randomCode returns six uniformly distributed digits.
func randomCode(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// normalizePhone returns the E.164 form of a phone number. It fails with
// invalid_body at /phone.
func normalizePhone(raw, region string) (string, error) {
	number, err := phone.Normalize(raw, region)
	if err != nil {
		return "", apperr.Validation(apperr.Field{Pointer: "/phone", Code: "invalid", Message: "Must be a valid mobile number."}).WithCause(err)
	}
	return number, nil
}
