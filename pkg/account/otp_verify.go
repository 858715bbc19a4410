package account

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/phone"
)

// verifyPhoneCode verifies a code that was sent to a phone number. Errors are those
// of verifyCode.
func (o *OTP) verifyPhoneCode(ctx context.Context, number, purpose string, in CodeInput, caller Caller) (OneTimeCode, error) {
	subject := phoneSubject(number, purpose, caller.UserID)
	return o.verifyCode(ctx, subject, fixed(subject), purpose, in, o.Devices.codeClient(caller, number, purpose))
}

// verifyAccountCode verifies a code that opens the account of a phone number, and returns the
// account's login. A code is for the account that it was sent to: one that a former holder of the
// number has kept does not open the account of the present one. Errors are those of verifyCode.
func (o *OTP) verifyAccountCode(ctx context.Context, number, purpose string, in CodeInput, caller Caller) (code OneTimeCode, login Login, err error) {
	found := false
	readSubject := func() (subject string, err error) {
		login, found, err = o.Store.Login(ctx, number)
		return accountSubject(number, login.User.ID), err
	}
	code, err = o.verifyCode(ctx, phoneSubject(number, purpose, ""), readSubject, purpose, in, o.Devices.codeClient(caller, number, purpose))
	if err == nil && !found {
		err = errCodeWrong()
	}
	return code, login, err
}

// fixed returns a subject that is known before the code is found.
func fixed(subject string) func() (string, error) {
	return func() (string, error) { return subject, nil }
}

// verifyCode counts an attempt and compares the code. The subject is read only if there is a code
// to compare, so that attempts without one cost no read. It fails with invalid_body for a
// malformed challenge, code_wrong or code_locked. It does not delete the code: the store
// does that in the transaction that uses it.
//
// With a challenge, attempts are counted for that code. Without one they are counted for the
// client and the codes that it requested, so that neither attempts nor codes of other clients
// concern it. Wrong and locked codes are also counted per client.
func (o *OTP) verifyCode(ctx context.Context, recipient string, readSubject func() (string, error), purpose string, in CodeInput, from client) (OneTimeCode, error) {
	wrong := o.Limiter.counter(scopeWrongCodes, from.name, rateWindow)
	if o.full.contains(wrong) {
		return OneTimeCode{}, apperr.New(apperr.CodeLocked, "").WithRetryAfter(o.Limiter.retryAfter(wrong))
	}
	digits := phone.Digits(in.Digits)
	if len(digits) != codeDigits { // mistyped: it costs no attempt
		return OneTimeCode{}, errCodeWrong()
	}
	candidates, err := o.candidates(ctx, OneTimeCode{RecipientMAC: keyedHash(o.Key, "number", recipient), Purpose: purpose, ID: in.Challenge}, from)
	if err != nil && !apperr.Is(err, apperr.CodeLocked) {
		return OneTimeCode{}, err
	}
	var subject string
	if len(candidates) > 0 {
		if subject, err = readSubject(); err != nil {
			return OneTimeCode{}, err
		}
	}
	for _, code := range candidates {
		if subtle.ConstantTimeCompare([]byte(o.digits(subject, code)), []byte(digits)) == 1 {
			return code, nil
		}
	}
	if countErr := o.Limiter.countFailure(ctx, &o.full, wrong); countErr != nil {
		return OneTimeCode{}, countErr
	}
	return OneTimeCode{}, cmp.Or(err, errCodeWrong())
}

// candidates counts an attempt and returns the codes that it is compared with.
func (o *OTP) candidates(ctx context.Context, c OneTimeCode, from client) ([]OneTimeCode, error) {
	if c.ID == "" {
		return o.unboundCandidates(ctx, c, from)
	}
	if raw, err := base64.RawURLEncoding.DecodeString(c.ID); err != nil || len(raw) != challengeBytes {
		return nil, apperr.Validation(apperr.Field{Pointer: "/challenge", Code: "invalid", Message: "Must be the challenge that POST /otp returned."})
	}
	found, lockedUntil, err := o.Store.CountCodeAttempt(ctx, c, maxCodeAttempts)
	switch {
	case err != nil:
		return nil, err
	case !lockedUntil.IsZero():
		return nil, o.codeLocked(lockedUntil)
	case !found:
		return nil, nil
	}
	return []OneTimeCode{c}, nil
}

// unboundCandidates returns the candidates of an attempt without a challenge: the newest codes
// that the client requested or, for a client that requested none, the newest of the recipient.
func (o *OTP) unboundCandidates(ctx context.Context, c OneTimeCode, from client) ([]OneTimeCode, error) {
	codes, err := o.Store.UnexpiredCodes(ctx, c.RecipientMAC, c.Purpose)
	if err != nil || len(codes) == 0 {
		return nil, err
	}
	slices.SortFunc(codes, func(a, b OneTimeCode) int {
		return cmp.Or(b.SentAt.Compare(a.SentAt), strings.Compare(a.ID, b.ID))
	})
	mac := o.clientMAC(from)
	own := slices.DeleteFunc(slices.Clone(codes), func(code OneTimeCode) bool { return code.ClientMAC != mac })
	if len(own) > 0 {
		codes = own
	}
	err = o.countUnbound(ctx, codes[0], o.Limiter.counter(scopeUnboundAttempts, codes[0].ID+" "+from.name, 24*time.Hour), maxCodeAttempts)
	if err == nil && len(own) == 0 {
		err = o.countUnbound(ctx, codes[0], o.Limiter.pool(from, scopeUnboundAttempts, codes[0].ID, 24*time.Hour), maxUnboundAttempts)
	}
	if err != nil {
		return nil, err
	}
	return codes[:min(len(codes), maxUnboundCodes)], nil
}

// countUnbound counts an attempt without a challenge. It fails with code_locked above the limit.
func (o *OTP) countUnbound(ctx context.Context, newest OneTimeCode, counter limit.Counter, limit int) error {
	n, err := o.Limiter.AddToCounter(ctx, counter, 1)
	if err == nil && n > limit {
		err = o.codeLocked(newest.ExpiresAt)
	}
	return err
}

// codeLocked returns the error of a code without an attempt left. It is locked until it expires.
func (o *OTP) codeLocked(until time.Time) error {
	return apperr.New(apperr.CodeLocked, "").WithRetryAfter(max(until.Sub(o.Now()), time.Second))
}

func errCodeWrong() error {
	return apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{Pointer: "/code", Code: "wrong", Message: "The code is wrong or has expired."})
}
