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

	"ticketsystem/pkg/fault"
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

// Code is a one-time code as it is kept: the code itself only as a keyed hash.
type Code struct {
	NumberMAC string // keyed hash of the number
	Purpose   string
	Hash      string
	Tries     int
	SentAt    time.Time
	ExpiresAt time.Time
}

// Sent tells the client when it may ask again.
type Sent struct {
	ExpiresIn   int // seconds
	ResendAfter int // seconds
}

// SendCode makes a code and sends it by SMS. The answer is the same whether or
// not the number has an account; only a number with one gets a code to log in or to reset the password.
//
// Errors: invalid_body (number), too_many_requests.
func (s *Service) SendCode(ctx context.Context, rawPhone, purpose string, from Caller) (Sent, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return Sent{}, err
	}
	if err := s.mayAsk(ctx, number, from); err != nil {
		return Sent{}, err
	}
	return s.send(ctx, number, number, purpose, func(digits string) error {
		return s.deliver(ctx, number, purpose, digits, from.Locale)
	})
}

// send makes a code and delivers it. to is whom the pause between two codes is
// for, good what the code will be good for.
func (s *Service) send(ctx context.Context, to, good, purpose string, deliver func(digits string) error) (Sent, error) {
	digits, err := sixDigits(s.Random)
	if err != nil {
		return Sent{}, err
	}
	now := s.Now()
	code := Code{
		NumberMAC: s.hashed("number", to), Purpose: purpose, Hash: s.codeHash(good, purpose, digits),
		SentAt: now, ExpiresAt: now.Add(codeLife),
	}
	sentAt, stored, err := s.Store.PutCode(ctx, code, now.Add(-codePause))
	if err != nil {
		return Sent{}, err
	}
	if !stored {
		return Sent{}, fault.New(fault.TooManyRequests, "A code was sent a moment ago.").
			WithRetryAfter(max(sentAt.Add(codePause).Sub(now), time.Second))
	}
	if err := deliver(digits); err != nil {
		// The person may ask again at once: nothing has been sent.
		return Sent{}, errors.Join(fault.Wrap(fault.Unavailable, err).WithRetryAfter(time.Second), s.Store.DropCode(ctx, code))
	}
	return Sent{ExpiresIn: int(codeLife / time.Second), ResendAfter: int(codePause / time.Second)}, nil
}

// mayAsk counts the request against the number, the address and the whole.
func (s *Service) mayAsk(ctx context.Context, number string, from Caller) error {
	if err := s.spend(ctx, s.counter("code-address", from.Address, limitWindow), s.Limits.PerAddress); err != nil {
		return err
	}
	if err := s.spend(ctx, s.counter("code-all", "", limitWindow), codesGlobally); err != nil {
		return err
	}
	return s.spend(ctx, s.counter("code-number", number, 24*time.Hour), codesPerDay)
}

// deliver sends the code, unless it is one for an account and nobody has the
// number.
func (s *Service) deliver(ctx context.Context, number, purpose, digits, locale string) error {
	if purpose == PurposeLogin || purpose == PurposeReset {
		login, found, err := s.Store.Login(ctx, number)
		if err != nil || !found {
			return err
		}
		locale = login.User.Locale
	}
	text := fmt.Sprintf("Your TicketSystem code is %s. It is valid for 5 minutes. Give it to nobody.", digits)
	if locale == "fa" {
		text = fmt.Sprintf("کد تیکت‌سیستم شما: %s\nتا ۵ دقیقه معتبر است. آن را به هیچ‌کس ندهید.", digits)
	}
	return s.Texter.Send(ctx, number, text)
}

// checkCode compares a code after its try has been counted.
//
// Errors: code_wrong, code_locked.
func (s *Service) checkCode(ctx context.Context, number, purpose, digits string) (Code, error) {
	return s.tryCode(ctx, number, number, purpose, digits)
}

func (s *Service) tryCode(ctx context.Context, to, good, purpose, digits string) (Code, error) {
	code, found, locked, err := s.Store.TryCode(ctx, s.hashed("number", to), purpose, codeTries)
	switch {
	case err != nil:
		return Code{}, err
	case locked:
		return Code{}, fault.New(fault.CodeLocked, "")
	case !found || subtle.ConstantTimeCompare([]byte(code.Hash), []byte(s.codeHash(good, purpose, digits))) != 1:
		return Code{}, fault.New(fault.CodeWrong, "").WithFields(fault.Field{
			Pointer: "/code", Code: "wrong", Message: "This is not the code that was sent, or it has expired."})
	}
	return code, nil
}

func (s *Service) codeHash(number, purpose, digits string) string {
	return hex.EncodeToString(s.Edge.MAC("code", number, purpose, phone.ASCIIDigits(digits)))
}

// sixDigits draws a code uniformly.
func sixDigits(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// number gives the E.164 form of what the client sent.
func (s *Service) number(raw string) (string, error) { return normalise(raw, s.Region) }

func normalise(raw, region string) (string, error) {
	number, err := phone.Normalise(raw, region)
	if err != nil {
		return "", fault.Invalid(fault.Field{Pointer: "/phone", Code: "invalid", Message: "This is not a valid mobile number."}).WithCause(err)
	}
	return number, nil
}
