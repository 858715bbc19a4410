package account

import (
	"context"
	"io"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// maxFailedLogins bounds failed passwords per phone number and rateWindow.
const maxFailedLogins = 10

// AuthStore stores logins and sessions.
type AuthStore interface {
	// Login returns the login of a phone number in one read. found is false if the
	// number has no account; then only FailureWindow can be set.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// RecordLoginAttempt counts one password attempt on a phone number in the window
	// that began at window. counted is false if the window already has maxAttempts.
	RecordLoginAttempt(ctx context.Context, phone string, window time.Time, maxAttempts int) (counted bool, err error)

	// ClearLoginAttempts deletes the recorded attempts of a phone number.
	ClearLoginAttempts(ctx context.Context, phone string) error

	// CreateAccount writes login, user and session and deletes the code in one
	// transaction. It fails with phone_taken, or code_wrong if the code was used.
	CreateAccount(ctx context.Context, l Login, s Session, code OneTimeCode) error

	// CreateSession stores a session and deletes the code it was opened with, if any.
	// It fails with code_wrong if the code was used.
	CreateSession(ctx context.Context, s Session, code *OneTimeCode) error
}

// Auth opens sessions: sign-up, login and token refresh.
type Auth struct {
	Store    AuthStore
	OTP      *OTP
	Sessions *SessionTokens
	Blocked  *BlockedAddresses
	// Issuer returns the signer of access tokens. It is a function because the
	// private key is read at first use.
	Issuer func(ctx context.Context) (*auth.Issuer, error)
	Now    func() time.Time
	NewID  func() string
	Random io.Reader
}

// SignUp creates an account for a phone number that is proved by a code, and opens
// a session. It fails with invalid_body, weak_password, code_wrong, code_locked or
// phone_taken. A weak password does not use up an attempt on the code.
func (a *Auth) SignUp(ctx context.Context, rawPhone, password string, in CodeInput, name string, caller Caller) (Tokens, error) {
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return Tokens{}, err
	}
	code, err := a.OTP.verifyPhoneCode(ctx, number, PurposeSignUp, in, caller)
	if err != nil {
		return Tokens{}, err
	}
	hash, err := auth.Hash(password, a.Random)
	if err != nil {
		return Tokens{}, err
	}
	login := Login{Phone: number, Hash: hash, User: newUser(a.NewID(), number, name, user.RoleUser, caller.Locale, a.Now())}
	session, refresh, err := a.Sessions.newSession(login.User, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Store.CreateAccount(ctx, login, session, code); err != nil {
		return Tokens{}, err
	}
	return a.issueTokens(ctx, session, refresh)
}

// LogIn opens a session by password. It fails with invalid_body, login_wrong,
// login_locked or account_disabled. An unknown number takes the same time and
// returns the same error as a wrong password.
//
// If the phone number has a recent failed attempt, the attempt is counted before
// the password is compared, so that concurrent guesses cannot exceed the limit.
// Otherwise only a failure is counted, and a normal login costs no extra write. The
// first burst on a number may therefore exceed the limit once.
func (a *Auth) LogIn(ctx context.Context, rawPhone, password string, caller Caller) (Tokens, error) {
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	ipCounter := a.OTP.rateCounter("login-address", networkOf(caller.IP), rateWindow)
	if a.Blocked.blocked(ipCounter) {
		return Tokens{}, apperr.New(apperr.LoginLocked, "").WithRetryAfter(a.OTP.retryAfter(ipCounter))
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return Tokens{}, err
	}
	counted := !login.FailureWindow.IsZero()
	if counted {
		if err := a.recordAttempt(ctx, number, ipCounter); err != nil {
			return Tokens{}, err
		}
	}
	hash := login.Hash
	if !found || hash == "" {
		hash = auth.DummyHash
	}
	match, err := auth.Verify(hash, password)
	switch {
	case err != nil:
		return Tokens{}, err
	case !match:
		return Tokens{}, a.loginFailed(ctx, number, ipCounter, counted)
	case counted:
		if err := a.Store.ClearLoginAttempts(ctx, number); err != nil {
			return Tokens{}, err
		}
	}
	return a.openSession(ctx, login.User, nil, caller)
}

// recordAttempt counts an attempt on a phone number in the current window. It fails
// with login_locked.
func (a *Auth) recordAttempt(ctx context.Context, number string, window limit.Counter) error {
	counted, err := a.Store.RecordLoginAttempt(ctx, number, window.Start, maxFailedLogins)
	if err == nil && !counted {
		err = apperr.New(apperr.LoginLocked, "").WithRetryAfter(a.OTP.retryAfter(window))
	}
	return err
}

// loginFailed counts a failed login per phone number, unless already counted, and
// per IP address. It returns login_wrong, or the error of the store.
func (a *Auth) loginFailed(ctx context.Context, number string, ipCounter limit.Counter, counted bool) error {
	if !counted {
		if err := a.recordAttempt(ctx, number, ipCounter); err != nil && !apperr.Is(err, apperr.LoginLocked) {
			return err
		}
	}
	n, err := a.OTP.Store.AddToCounter(ctx, ipCounter, 1)
	if err != nil {
		return err
	}
	if n >= a.OTP.Limits.PerIP {
		a.Blocked.block(ipCounter)
	}
	return apperr.New(apperr.LoginWrong, "")
}

// LogInByCode opens a session by a one-time code. It fails with invalid_body,
// code_wrong, code_locked or account_disabled.
func (a *Auth) LogInByCode(ctx context.Context, rawPhone string, in CodeInput, caller Caller) (Tokens, error) {
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	code, err := a.OTP.verifyPhoneCode(ctx, number, PurposeLogin, in, caller)
	if err != nil {
		return Tokens{}, err
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return Tokens{}, err
	}
	if !found {
		return Tokens{}, apperr.New(apperr.CodeWrong, "")
	}
	return a.openSession(ctx, login.User, &code, caller)
}

// openSession stores a session of an authenticated user and returns its tokens. It
// fails with account_disabled, or code_wrong if the code was used meanwhile.
func (a *Auth) openSession(ctx context.Context, u user.User, code *OneTimeCode, caller Caller) (Tokens, error) {
	if u.Disabled {
		return Tokens{}, apperr.New(apperr.AccountDisabled, "")
	}
	create := a.Sessions.newSession
	if caller.UseCookie {
		create = a.Sessions.newCookieSession
	}
	session, token, err := create(u, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Store.CreateSession(ctx, session, code); err != nil {
		return Tokens{}, err
	}
	if caller.UseCookie {
		return Tokens{User: u, Cookie: token, ExpiresIn: int(SessionTTL / time.Second)}, nil
	}
	return a.issueTokens(ctx, session, token)
}

// Refresh replaces a refresh token by its successor in one write and issues an
// access token. It fails with session_ended or refresh_reused.
//
// Within reuseGracePeriod the previous token returns the same successor, so a client
// that lost the response can retry. A token that was used before ends the session,
// because two clients hold it (RFC 9700, section 4.14.2).
func (a *Auth) Refresh(ctx context.Context, token string) (Tokens, error) {
	session, next, err := a.Sessions.rotate(ctx, token)
	if err != nil {
		return Tokens{}, err
	}
	return a.issueTokens(ctx, session, next)
}

// issueTokens signs the access token of a session.
func (a *Auth) issueTokens(ctx context.Context, session Session, refresh string) (Tokens, error) {
	issuer, err := a.Issuer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	access, expiresIn, err := issuer.Issue(session.User.Principal(session.Family))
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{User: session.User, Access: access, Refresh: refresh, ExpiresIn: expiresIn}, nil
}
