package account

import (
	"cmp"
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
)

const (
	// maxFailedLogins bounds failed passwords per rateWindow: of a device that has signed in to
	// the phone number, and of all other clients together.
	maxFailedLogins = 10
	// maxFailedOfDevices bounds those of all devices on which the user has signed in to the number.
	maxFailedOfDevices = 30
)

// PasswordStore reads password hashes and counts failed passwords.
type PasswordStore interface {
	// Login returns the login of a phone number in one read. found is false if the
	// number has no account; then only FailureWindow can be set.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// RecordLoginAttempt counts one password attempt on a phone number in the window
	// that began at window. counted is false if the window already has maxAttempts.
	RecordLoginAttempt(ctx context.Context, phone string, window time.Time, maxAttempts int) (counted bool, err error)

	// ClearLoginAttempts deletes the recorded attempts of a phone number.
	ClearLoginAttempts(ctx context.Context, phone string) error
}

// Passwords verifies passwords and limits guesses.
type Passwords struct {
	Store   PasswordStore
	Limiter *RateLimiter
	Devices *Devices
	Full    *FullCounters // clients and phone numbers with too many failures
}

// verify returns the login of a phone number if the password is right. It fails with
// login_wrong, login_locked, or rate_limited for a user who started too many sessions. An
// unknown number takes the same time and returns the same error as a wrong password.
//
// If the phone number has a recent failed attempt, the attempt is counted before
// the password is compared, so that concurrent guesses cannot exceed the limit.
// Otherwise only a failure is counted, and a normal login costs no extra write. The
// first burst on a number may therefore exceed the limit once.
func (p *Passwords) verify(ctx context.Context, number, password string, caller Caller) (Login, error) {
	from := p.client(caller, number)
	if err := p.checkFull(from, number); err != nil {
		return Login{}, err
	}
	login, found, err := p.Store.Login(ctx, number)
	if err != nil {
		return Login{}, err
	}
	if from.userID != "" && from.userID != login.User.ID { // the number has another owner now
		from = networkClient(caller)
		if err := p.checkFull(from, number); err != nil {
			return Login{}, err
		}
	}
	if caller.UserID == "" { // the others have a session already
		if err := login.checkBlock(p.Limiter.Now()); err != nil {
			return Login{}, err
		}
	}
	counted := !found || !login.FailureWindow.IsZero()
	if counted {
		if err := p.recordAttempt(ctx, number, found, from); err != nil {
			return Login{}, p.attemptRefused(ctx, number, from, err)
		}
	}
	match, err := matches(login, found, password)
	switch {
	case err != nil:
		return Login{}, err
	case !match:
		return Login{}, p.loginFailed(ctx, number, p.failures(from), counted)
	case counted && from.userID == "": // a device does not clear the attempts of others
		err = p.Store.ClearLoginAttempts(ctx, number)
	}
	return login, err
}

// verifyWithCode is verify for a caller who has proved the phone number by a code. Guesses
// are bounded by the attempts on the code, so the failures of strangers, who have no code,
// do not lock the owner out.
func (p *Passwords) verifyWithCode(ctx context.Context, number, password string, caller Caller) (Login, error) {
	login, found, err := p.Store.Login(ctx, number)
	if err != nil {
		return Login{}, err
	}
	return login, p.compareAfterCode(ctx, login, found, password, caller)
}

// compareAfterCode is verifyWithCode for a login that was read.
func (p *Passwords) compareAfterCode(ctx context.Context, login Login, found bool, password string, caller Caller) error {
	match, err := matches(login, found, password)
	if err == nil && !match {
		err = p.loginFailed(ctx, login.Phone, p.failures(p.client(caller, login.Phone)), true)
	}
	return err
}

// client returns the client of a caller who enters a password for a phone number. A signed-in user
// is one, so that the failures of strangers do not lock an open session.
func (p *Passwords) client(caller Caller, number string) client {
	if caller.UserID == "" {
		return p.Devices.client(caller, number)
	}
	c := userClient(caller.UserID)
	c.userID = caller.UserID
	return c
}

// matches compares a password with the hash of a login. Without one it takes as long, and no
// password matches.
func matches(login Login, found bool, password string) (bool, error) {
	if !found || login.Hash == "" {
		_, err := auth.Verify(auth.DummyHash, password)
		return false, err
	}
	return auth.Verify(login.Hash, password)
}

// failures returns the counter of failed logins of a client.
func (p *Passwords) failures(from client) limit.Counter {
	return p.Limiter.counter(scopeFailedLogins, from.name, rateWindow)
}

// attempts returns the counter of attempts on a phone number.
func (p *Passwords) attempts(number string) limit.Counter {
	return p.Limiter.counter(scopePasswordAttempts, number, rateWindow)
}

// checkFull fails with login_locked if this instance knows that the client, or the number for all
// but known devices, has too many failures.
func (p *Passwords) checkFull(from client, number string) error {
	counters := []limit.Counter{p.failures(from)}
	if from.userID == "" {
		counters = append(counters, p.attempts(number))
	}
	for _, counter := range counters {
		if p.Full.contains(counter) {
			return p.locked(counter)
		}
	}
	return nil
}

// locked returns login_locked until the window of a counter ends.
func (p *Passwords) locked(counter limit.Counter) error {
	return apperr.New(apperr.LoginLocked, "").WithRetryAfter(p.Limiter.retryAfter(counter))
}

// attemptRefused remembers a locked number, and counts the attempt for the client.
func (p *Passwords) attemptRefused(ctx context.Context, number string, from client, err error) error {
	if !apperr.Is(err, apperr.LoginLocked) {
		return err
	}
	if from.userID == "" {
		p.Full.add(p.attempts(number))
	}
	return cmp.Or(p.countRefusal(ctx, from), err)
}

// countRefusal counts an attempt that was refused otherwise than for its password.
func (p *Passwords) countRefusal(ctx context.Context, from client) error {
	return p.Limiter.countFailure(ctx, p.Full, p.failures(from))
}

// recordAttempt counts an attempt on a phone number in the current window. It fails
// with login_locked. Attempts on a number without a login are counted under its keyed
// hash, with as many requests, so that the number is not stored.
func (p *Passwords) recordAttempt(ctx context.Context, number string, found bool, from client) (err error) {
	var counted bool
	window := p.attempts(number)
	switch {
	case from.userID != "":
		counted, err = p.recordOfDevice(ctx, number, from)
	case found:
		counted, err = p.Store.RecordLoginAttempt(ctx, number, window.Start, maxFailedLogins)
	default:
		counted, err = p.recordUnknown(ctx, window)
	}
	if err == nil && !counted {
		err = p.locked(window)
	}
	return err
}

// recordOfDevice counts an attempt of a signed-in user, or of a device that has signed in to the
// number. Attempts of others do not count, so that they do not lock it out.
func (p *Passwords) recordOfDevice(ctx context.Context, number string, from client) (bool, error) {
	n, err := p.Limiter.AddToCounter(ctx, p.Limiter.counter(scopeDeviceAttempts, from.name, rateWindow), 1)
	if err != nil || n > maxFailedLogins {
		return false, err
	}
	n, err = p.Limiter.AddToCounter(ctx, p.Limiter.pool(from, scopePasswordAttempts, number, rateWindow), 1)
	return n <= maxFailedOfDevices, err
}

// recordUnknown counts an attempt on a number without a login. The first attempt of a
// window takes two requests, as in RecordLoginAttempt.
func (p *Passwords) recordUnknown(ctx context.Context, counter limit.Counter) (bool, error) {
	n, err := p.Limiter.AddToCounter(ctx, counter, 1)
	if err == nil && n == 1 {
		_, err = p.Limiter.AddToCounter(ctx, counter, 0)
	}
	return n <= maxFailedLogins, err
}

// loginFailed counts a failed login per phone number, unless already counted, and
// per client. It returns login_wrong, or the error of the store.
func (p *Passwords) loginFailed(ctx context.Context, number string, failures limit.Counter, counted bool) error {
	if !counted { // also of a device, so that its next attempt is counted before it is compared
		if err := p.recordAttempt(ctx, number, true, client{}); err != nil && !apperr.Is(err, apperr.LoginLocked) {
			return err
		}
	}
	return cmp.Or(p.Limiter.countFailure(ctx, p.Full, failures), error(apperr.New(apperr.LoginWrong, "")))
}
