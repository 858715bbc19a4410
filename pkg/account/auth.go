package account

import (
	"cmp"
	"context"
	"io"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// AuthStore stores logins and sessions.
type AuthStore interface {
	PasswordStore

	// CreateAccount writes login, user and session and deletes the code in one
	// transaction. It fails with phone_taken, or code_wrong if the code was used.
	CreateAccount(ctx context.Context, l Login, s Session, code OneTimeCode) error

	// CreateSession stores a session and deletes the code it was opened with, if any.
	// It fails with code_wrong if the code was used.
	CreateSession(ctx context.Context, s Session, code *OneTimeCode) error
}

// Auth opens sessions: sign-up, login and token refresh.
type Auth struct {
	Store     AuthStore
	OTP       *OTP
	Passwords *Passwords
	Sessions  *SessionTokens
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
	at := a.Now()
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
	session, token, err := a.newSession(login.User, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Store.CreateAccount(ctx, login, session, code); err != nil {
		return Tokens{}, err
	}
	a.OTP.countUsed(ctx, number)
	return a.tokensOf(ctx, session, token, caller, at)
}

// LogIn opens a session by password. It fails with invalid_body, login_wrong,
// login_locked, rate_limited, account_disabled or second_factor_required.
func (a *Auth) LogIn(ctx context.Context, rawPhone, password string, caller Caller) (Tokens, error) {
	if err := auth.CheckCharacters(password); err != nil {
		return Tokens{}, err
	}
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	at := a.Now()
	login, err := a.Passwords.verify(ctx, number, password, caller)
	if err != nil {
		return Tokens{}, err
	}
	tokens, err := a.openSession(ctx, login, authentication{missing: "/code", at: at}, caller)
	if apperr.Is(err, apperr.AccountDisabled) || apperr.Is(err, apperr.SecondFactorRequired) {
		// No session bounds how often a right password is compared.
		err = cmp.Or(a.Passwords.countRefusal(ctx, a.OTP.Devices.client(caller, number)), err)
	}
	return tokens, err
}

// LogInByCode opens a session by a one-time code. It fails with invalid_body,
// code_wrong, code_locked, account_disabled or second_factor_required.
func (a *Auth) LogInByCode(ctx context.Context, rawPhone string, in CodeInput, caller Caller) (Tokens, error) {
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	at := a.Now()
	code, login, err := a.OTP.verifyAccountCode(ctx, number, PurposeLogin, in, caller)
	if err != nil {
		return Tokens{}, err
	}
	return a.openSession(ctx, login, authentication{code: &code, missing: "/password", at: at}, caller)
}

// LogInByPasswordAndCode opens a session by both factors. The code is verified first: its
// attempts bound the guesses of the password. It fails with invalid_body, code_wrong,
// code_locked, login_wrong or account_disabled.
func (a *Auth) LogInByPasswordAndCode(ctx context.Context, rawPhone, password string, in CodeInput, caller Caller) (Tokens, error) {
	if err := auth.CheckCharacters(password); err != nil {
		return Tokens{}, err
	}
	number, err := a.OTP.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	at := a.Now()
	code, login, err := a.OTP.verifyAccountCode(ctx, number, PurposeLogin, in, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Passwords.compareAfterCode(ctx, login, true, password, caller); err != nil {
		return Tokens{}, err
	}
	return a.openSession(ctx, login, authentication{code: &code, at: at}, caller)
}

// authentication is what a caller has proved.
type authentication struct {
	code    *OneTimeCode // the verified code, if any
	missing string       // field of the factor that was not sent; "" if both were verified
	at      time.Time    // before the login was read
}

// openSession stores a session of an authenticated user and returns its tokens. It
// fails with account_disabled, rate_limited, second_factor_required, or code_wrong if the code was used
// meanwhile.
func (a *Auth) openSession(ctx context.Context, login Login, proof authentication, caller Caller) (Tokens, error) {
	u := login.User
	if u.Disabled {
		return Tokens{}, apperr.New(apperr.AccountDisabled, "")
	}
	if err := login.checkBlock(a.Now()); err != nil {
		return Tokens{}, err
	}
	session, token, err := a.newSession(u, caller)
	if err != nil {
		return Tokens{}, err
	}
	session.TwoFactor = proof.missing == ""
	if a.Sessions.StaffSecondFactor && session.lacksFactor() {
		return Tokens{}, apperr.New(apperr.SecondFactorRequired, "").WithFields(apperr.Field{
			Pointer: proof.missing, Code: "required", Message: "Staff sign in with the password and a code of purpose login."})
	}
	if err := a.Store.CreateSession(ctx, session, proof.code); err != nil {
		return Tokens{}, err
	}
	if proof.code != nil {
		a.OTP.countUsed(ctx, u.Phone)
	}
	return a.tokensOf(ctx, session, token, caller, proof.at)
}

// newSession returns a session, and its refresh token or cookie.
func (a *Auth) newSession(u user.User, caller Caller) (Session, string, error) {
	if caller.UseCookie {
		return a.Sessions.newCookieSession(u, caller)
	}
	return a.Sessions.newSession(u, caller)
}

// tokensOf returns the tokens of a new session with its refresh token or cookie. at is before the
// user's rights were read.
func (a *Auth) tokensOf(ctx context.Context, session Session, token string, caller Caller, at time.Time) (Tokens, error) {
	device := a.OTP.Devices.cookie(session.User.ID, session.Family, session.User.Phone)
	if caller.UseCookie {
		return Tokens{User: session.User, Cookie: token, ExpiresIn: int(SessionTTL / time.Second), Device: device}, nil
	}
	tokens, err := a.issueTokens(ctx, session, token, at)
	tokens.Device = device
	return tokens, err
}

// Refresh replaces a refresh token by its successor in one write and issues an
// access token. It fails with session_ended or refresh_reused.
//
// Within reuseGracePeriod the previous token returns the same successor, so a client
// that lost the response can retry. A token that was used before ends the session,
// because two clients hold it (RFC 9700, section 4.14.2).
func (a *Auth) Refresh(ctx context.Context, token string) (Tokens, error) {
	at := a.Now()
	session, next, err := a.Sessions.rotate(ctx, token)
	if err != nil {
		return Tokens{}, err
	}
	return a.issueTokens(ctx, session, next, at)
}

// issueTokens signs the access token of a session, whose rights were read after at.
func (a *Auth) issueTokens(ctx context.Context, session Session, refresh string, at time.Time) (Tokens, error) {
	issuer, err := a.Issuer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	principal := session.User.Principal(session.Family)
	principal.IssuedAt = at
	access, expiresIn, err := issuer.Issue(principal)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{User: session.User, Access: access, Refresh: refresh, ExpiresIn: expiresIn}, nil
}
