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
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/phone"
)

// What a code may be asked for.
const (
	PurposeSignUp = "signup"
	PurposeLogin  = "login"
	PurposeReset  = "reset"
	PurposePhone  = "phone" // to the number that somebody wants to move to
	PurposeEmail  = "email" // by mail
)

// OneTimeCode is a one-time code as it is kept: the code itself only as a keyed hash.
type OneTimeCode struct {
	RecipientMAC string // keyed hash of the number
	Purpose      string
	Hash         string
	Attempts     int
	SentAt       time.Time
	ExpiresAt    time.Time
}

// CodeSent tells the client when it may ask again.
type CodeSent struct {
	ExpiresIn   int // seconds
	ResendAfter int // seconds
}

// SendCode makes a code and sends it by SMS. The answer is the same whether or
// not the number has an account; only a number with one gets a code to log in or to reset the password.
//
// Errors: invalid_body (number), too_many_requests.
func (a *Auth) SendCode(ctx context.Context, rawPhone, purpose string, caller Caller) (CodeSent, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return CodeSent{}, err
	}
	if err := a.checkSendLimits(ctx, number, caller); err != nil {
		return CodeSent{}, err
	}
	return a.issueCode(ctx, number, number, purpose, func(digits string) error {
		return a.sendSMS(ctx, number, purpose, digits, caller.Locale)
	})
}

// issueCode makes a code and delivers it. to is whom the pause between two codes is
// for, good what the code will be good for.
func (a *Auth) issueCode(ctx context.Context, recipient, subject, purpose string, deliver func(digits string) error) (CodeSent, error) {
	digits, err := randomCode(a.Random)
	if err != nil {
		return CodeSent{}, err
	}
	now := a.Now()
	code := OneTimeCode{
		RecipientMAC: a.keyedHash("number", recipient), Purpose: purpose, Hash: a.codeHash(subject, purpose, digits),
		SentAt: now, ExpiresAt: now.Add(codeTTL),
	}
	sentAt, stored, err := a.Store.PutCode(ctx, code, now.Add(-codeResendInterval))
	if err != nil {
		return CodeSent{}, err
	}
	if !stored {
		return CodeSent{}, apperr.New(apperr.TooManyRequests, "A code was sent a moment ago.").
			WithRetryAfter(max(sentAt.Add(codeResendInterval).Sub(now), time.Second))
	}
	if err := deliver(digits); err != nil {
		// The person may ask again at once: nothing has been sent.
		return CodeSent{}, errors.Join(apperr.Wrap(apperr.Unavailable, err).WithRetryAfter(time.Second), a.Store.DeleteCode(ctx, code))
	}
	return CodeSent{ExpiresIn: int(codeTTL / time.Second), ResendAfter: int(codeResendInterval / time.Second)}, nil
}

// checkSendLimits counts the request against the number, the address and the whole.
func (a *Auth) checkSendLimits(ctx context.Context, number string, caller Caller) error {
	if err := a.consume(ctx, a.rateCounter("code-address", caller.IP, rateWindow), a.Limits.PerIP); err != nil {
		return err
	}
	if err := a.consume(ctx, a.rateCounter("code-all", "", rateWindow), maxCodesGlobal); err != nil {
		return err
	}
	return a.consume(ctx, a.rateCounter("code-number", number, 24*time.Hour), maxCodesPerDay)
}

// sendSMS sends the code, unless it is one for an account and nobody has the
// number.
func (a *Auth) sendSMS(ctx context.Context, number, purpose, digits, language string) error {
	if purpose == PurposeLogin || purpose == PurposeReset {
		login, found, err := a.Store.Login(ctx, number)
		if err != nil || !found {
			return err
		}
		language = login.User.Locale
	}
	text := fmt.Sprintf("Your TicketSystem code is %s. It is valid for 5 minutes. Give it to nobody.", digits)
	if locale.IsPersian(language) {
		text = fmt.Sprintf("کد تیکت‌سیستم شما: %s\nتا ۵ دقیقه معتبر است. آن را به هیچ‌کس ندهید.", digits)
	}
	return a.SMS.Send(ctx, number, text)
}

// verifyPhoneCode compares a code after its try has been counted.
//
// Errors: code_wrong, code_locked.
func (a *Auth) verifyPhoneCode(ctx context.Context, number, purpose, digits string) (OneTimeCode, error) {
	return a.verifyCode(ctx, number, number, purpose, digits)
}

func (a *Auth) verifyCode(ctx context.Context, recipient, subject, purpose, digits string) (OneTimeCode, error) {
	code, found, locked, err := a.Store.ConsumeCodeAttempt(ctx, a.keyedHash("number", recipient), purpose, maxCodeAttempts)
	switch {
	case err != nil:
		return OneTimeCode{}, err
	case locked:
		return OneTimeCode{}, apperr.New(apperr.CodeLocked, "")
	case !found || subtle.ConstantTimeCompare([]byte(code.Hash), []byte(a.codeHash(subject, purpose, digits))) != 1:
		return OneTimeCode{}, apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{
			Pointer: "/code", Code: "wrong", Message: "This is not the code that was sent, or it has expired."})
	}
	return code, nil
}

func (a *Auth) codeHash(number, purpose, digits string) string {
	return hex.EncodeToString(a.Key.MAC("code", number, purpose, phone.ASCIIDigits(digits)))
}

// randomCode draws a code uniformly.
func randomCode(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// parsePhone gives the E.164 form of what the client sent.
func (a *Auth) parsePhone(raw string) (string, error) { return normalizePhone(raw, a.DefaultRegion) }

func normalizePhone(raw, region string) (string, error) {
	number, err := phone.Normalize(raw, region)
	if err != nil {
		return "", apperr.Validation(apperr.Field{Pointer: "/phone", Code: "invalid", Message: "This is not a valid mobile number."}).WithCause(err)
	}
	return number, nil
}
