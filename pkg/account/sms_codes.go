package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/phone"
)

const (
	// countryCredit is how many codes may be sent to a foreign country in a day before one
	// of them is used; each used code permits countryCreditPerUse more.
	countryCredit       = 100
	countryCreditPerUse = 20

	codeJobLabel = "code job"
)

// ErrCodeLimit is returned for a code that is not sent, because a global limit is
// reached. The job must not be repeated.
var ErrCodeLimit = errors.New("limit of one-time codes reached")

// SMSSender sends an SMS to an E.164 number.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// CodeQueue queues one-time codes for CodeSender.
type CodeQueue interface {
	// SendText queues the text of a sealed job.
	SendText(ctx context.Context, sealed string) error
}

// SMSCodes accepts requests for one-time codes by SMS.
type SMSCodes struct {
	OTP   *OTP
	Users UserReader
	Queue CodeQueue
	// AllowedCountries are the ISO 3166-1 codes of the countries that codes are sent to.
	// If it is empty, codes are sent to the default region only.
	AllowedCountries []string
}

// codeJob is a code to send. The job is sealed, so that the queue contains no phone
// number; the code itself is derived when it is sent.
type codeJob struct {
	Phone     string    `json:"phone"`
	UserID    string    `json:"userId,omitempty"`  // who requested it
	Account   string    `json:"account,omitempty"` // phone number of the account that the code is for; "" to sign up
	Purpose   string    `json:"purpose"`
	ID        string    `json:"id"`
	Locale    string    `json:"locale"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// SendCode queues a one-time code for a phone number. It fails with invalid_body for an
// invalid number, or for one that is not the caller's if the code deletes the account; with
// phone_country, unauthenticated, too_many_requests or unavailable. Neither the result nor its
// time reveals whether the number has an account: that is read by CodeSender.
func (c *SMSCodes) SendCode(ctx context.Context, rawPhone, purpose string, caller Caller) (CodeSent, error) {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return CodeSent{}, err
	}
	if !c.allowed(number) {
		return CodeSent{}, apperr.New(apperr.PhoneCountry, "").WithFields(apperr.Field{
			Pointer: "/phone", Code: "country", Message: "No codes are sent to numbers of this country."})
	}
	if isBoundToUser(purpose) && caller.UserID == "" {
		return CodeSent{}, apperr.New(apperr.Unauthenticated, "Sign in to change your phone number or to delete your account.")
	}
	from := c.OTP.Devices.codeClient(caller, number, purpose)
	if err := c.OTP.countRequest(ctx, from); err != nil {
		return CodeSent{}, err
	}
	own, others, err := c.accountAndLimits(ctx, number, purpose, caller)
	if err != nil {
		return CodeSent{}, err
	}
	subject := phoneSubject(number, purpose, caller.UserID)
	return c.OTP.issueCode(ctx, subject, subject, purpose, from, func(code OneTimeCode, _ string) error {
		job, err := json.Marshal(codeJob{Phone: number, UserID: caller.UserID, Account: own, Purpose: purpose, ID: code.ID, Locale: caller.Locale, ExpiresAt: code.ExpiresAt})
		if err != nil {
			return err
		}
		return c.Queue.SendText(ctx, c.OTP.Key.Seal(codeJobLabel, job, nil))
	}, others...)
}

// accountAndLimits returns the number of the account that a code is for, "" to sign up, and the
// limits of a code for the number of another person. It counts as a code to sign up there, so that
// it takes nothing from the codes of the owner, and for the user, so that one user cannot have the
// codes of a day sent to new numbers. It fails with invalid_body for a code that only the owner can
// use.
func (c *SMSCodes) accountAndLimits(ctx context.Context, number, purpose string, caller Caller) (own string, others []string, err error) {
	switch purpose {
	case PurposeSignUp:
		return "", nil, nil
	case PurposeLogin, PurposeReset:
		return number, nil, nil
	}
	u, err := c.Users.User(ctx, caller.UserID)
	switch {
	case err != nil:
		return "", nil, err
	case u.Phone == number:
		return u.Phone, nil, nil
	case purpose == PurposeDelete:
		return "", nil, apperr.Validation(apperr.Field{Pointer: "/phone", Code: "not_own", Message: "Must be your own phone number."})
	}
	return u.Phone, []string{PurposePhone + " to others by " + caller.UserID, PurposeSignUp + " " + number}, nil
}

// allowed reports whether codes are sent to the country of a number.
func (c *SMSCodes) allowed(number string) bool {
	countries := c.AllowedCountries
	if len(countries) == 0 {
		countries = []string{c.OTP.DefaultRegion}
	}
	return slices.ContainsFunc(phone.Regions(number), func(region string) bool { return slices.Contains(countries, region) })
}

// CodeSender sends the queued one-time codes.
type CodeSender struct {
	OTP       *OTP
	SMS       SMSSender
	MaxPerDay int // codes sent in all
	Brand     locale.Brand
}

// SendQueuedCode runs a job of SMSCodes. It fails with ErrCodeLimit, or with another
// error if the job may be repeated; a repeated job sends the same code. Nothing is sent
// for an expired job, nor to log in or to reset a password of a number without an
// account, nor to a user who was removed or has changed the number meanwhile.
func (s *CodeSender) SendQueuedCode(ctx context.Context, sealed string) error {
	text, err := s.OTP.Key.Open(codeJobLabel, sealed, nil)
	if err != nil {
		return err
	}
	var job codeJob
	if err := json.Unmarshal(text, &job); err != nil {
		return err
	}
	if !job.ExpiresAt.After(s.OTP.Now()) {
		return nil
	}
	subject := phoneSubject(job.Phone, job.Purpose, job.UserID)
	if job.Account != "" {
		login, found, err := s.OTP.Store.Login(ctx, job.Account)
		if err != nil || !found || isBoundToUser(job.Purpose) && job.UserID != login.User.ID {
			return err
		}
		job.Locale = login.User.Locale
		if job.Purpose == PurposeLogin || job.Purpose == PurposeReset {
			subject = accountSubject(job.Phone, login.User.ID)
		}
	}
	if err := s.countSent(ctx, job); err != nil {
		return err
	}
	digits := s.OTP.digits(subject, OneTimeCode{Purpose: job.Purpose, ID: job.ID})
	return s.SMS.Send(ctx, job.Phone, codeText(job, digits, s.Brand))
}

// countSent counts a code that is about to be sent, once if its job is repeated. It fails with
// ErrCodeLimit above a global limit. The limits are checked last, and a code above one of them
// counts for none, so that only codes that are sent count.
func (s *CodeSender) countSent(ctx context.Context, job codeJob) error {
	limits := s.sentLimits(job)
	for i, l := range limits {
		added, err := s.OTP.Limiter.AddWithin(ctx, l.counter, 1, l.max)
		switch {
		case added:
			continue
		case err == nil && i == 0:
			return nil // an earlier attempt has counted it
		case err == nil:
			err = fmt.Errorf("%w: more than %d", ErrCodeLimit, l.max)
		}
		for _, counted := range limits[:i] {
			_, undoErr := s.OTP.Limiter.AddToCounter(ctx, counted.counter, -1)
			err = errors.Join(err, undoErr)
		}
		return err
	}
	return nil
}

// sentLimit is a counter of codes that are sent, and its maximum.
type sentLimit struct {
	counter limit.Counter
	max     int
}

// sentLimits returns the limits of the code itself, of a foreign country, and of all codes. A
// fifth of the latter is kept for the numbers of accounts.
func (s *CodeSender) sentLimits(job codeJob) []sentLimit {
	own := s.OTP.Limiter.counter(scopeCodeSent, job.ID, codeTTL)
	own.Start = job.ExpiresAt // the same in every attempt
	day, all := s.MaxPerDay, maxCodesGlobal
	if job.Phone != job.Account {
		day, all = day-day/5, all-all/5
	}
	limits := []sentLimit{{own, 1}}
	if s.OTP.isForeign(job.Phone) {
		limits = append(limits, sentLimit{s.OTP.countryCounter(job.Phone), countryCredit})
	}
	return append(limits, sentLimit{s.OTP.Limiter.counter(scopeCodesPerDay, "", 24*time.Hour), day}, sentLimit{s.OTP.Limiter.counter(scopeCodesPerWindow, "", rateWindow), all})
}

// countUsed permits more codes to the country of a number, because a code to it was used up. It
// counts only foreign countries: codes that are hardly ever used there are a sign of
// fraud, and elsewhere the global limits apply. What the code was for is done, so an error,
// after which the limit is stricter, is ignored.
func (o *OTP) countUsed(ctx context.Context, number string) {
	if o.isForeign(number) {
		_, _ = o.Limiter.AddToCounter(ctx, o.countryCounter(number), -countryCreditPerUse)
	}
}

func (o *OTP) isForeign(number string) bool {
	return !slices.Contains(phone.Regions(number), o.DefaultRegion)
}

func (o *OTP) countryCounter(number string) limit.Counter {
	return o.Limiter.counter(scopeCodesToCountry, fmt.Sprint(phone.Regions(number)), 24*time.Hour)
}

// codeText returns the SMS. It names the purpose, so that users do not give away a code that
// they believe to be for something else.
func codeText(job codeJob, digits string, brand locale.Brand) string {
	return locale.Text(job.Locale, "sms_code.text", "brand", brand.NameIn(job.Locale),
		"purpose", locale.Text(job.Locale, "sms_code.purpose."+job.Purpose), "code", digits)
}
