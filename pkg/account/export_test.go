package account

import (
	"context"
	"time"

	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// Unexported names that the tests in package account_test use.
const (
	CodeResendInterval   = codeResendInterval
	CodeTTL              = codeTTL
	CookieBytes          = cookieBytes
	MaxCodeAttempts      = maxCodeAttempts
	MaxCodesPerDay       = maxCodesPerDay
	OwnEmailCodes        = ownEmailCodes
	MaxCodesPerRequester = maxCodesPerRequester
	MaxUnboundAttempts   = maxUnboundAttempts
	CountryCredit        = countryCredit
	CountryCreditPerUse  = countryCreditPerUse
	MaxFailedLogins      = maxFailedLogins
	MaxFailedOfDevices   = maxFailedOfDevices
	RateWindow           = rateWindow
	ReuseGracePeriod     = reuseGracePeriod
	RevocationCacheTTL   = revocationCacheTTL
)

var NewUser = newUser

func (a *Auth) LoginFailed(ctx context.Context, number string, ipCounter limit.Counter, counted bool) error {
	return a.Passwords.loginFailed(ctx, number, ipCounter, counted)
}

func (a *Auth) OpenSession(ctx context.Context, u user.User, code *OneTimeCode, caller Caller) (Tokens, error) {
	return a.openSession(ctx, Login{User: u}, authentication{code: code, missing: "/code"}, caller)
}

func (o *OTP) CodeDigits(subject string, c OneTimeCode) string { return o.digits(subject, c) }

func (l *RateLimiter) NewCounter(scope, subject string, window time.Duration) limit.Counter {
	return l.counter(scope, subject, window)
}

func (o *OTP) CountryCounter(number string) limit.Counter { return o.countryCounter(number) }

func (o *OTP) KeyedHash(label string, parts ...string) string {
	return keyedHash(o.Key, label, parts...)
}
