package account

import (
	"context"
	"io"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// CredentialStore stores the changes that a one-time code authorizes.
type CredentialStore interface {
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)

	// Login returns the login of a phone number. found is false if the number has no
	// account.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// ResetPassword writes the password hash of the login, deletes all sessions of its
	// user, revokes the access tokens issued until at and deletes the code, in one
	// transaction. It fails with code_wrong if the code was used, or conflict.
	ResetPassword(ctx context.Context, l Login, code OneTimeCode, at time.Time) error

	// VerifyEmail marks the e-mail address of a user as verified and deletes the code
	// in one transaction. It fails with code_wrong if the code was used or the address
	// has changed.
	VerifyEmail(ctx context.Context, userID, email string, code OneTimeCode) (user.User, error)

	// ChangePhone moves user and login to another phone number and deletes the code in
	// one transaction. It fails with phone_taken, code_wrong if the code was used, or
	// conflict.
	ChangePhone(ctx context.Context, old user.User, phone string, code OneTimeCode) (user.User, error)
}

// Credentials changes what a user logs in with. Each change requires a one-time code.
type Credentials struct {
	Store  CredentialStore
	OTP    *OTP
	Now    func() time.Time
	Random io.Reader
	// StaffSecondFactor forbids staff to reset the password by a code, which is only one
	// of the two factors.
	StaffSecondFactor bool
}

// ResetPassword sets the password of an account whose phone number is proved by a
// code. It ends all sessions at once and all access tokens within seconds. It fails
// with invalid_body, weak_password, code_wrong, code_locked, account_disabled or
// reset_not_allowed. A weak password does not use up an attempt on the code.
func (c *Credentials) ResetPassword(ctx context.Context, rawPhone, password string, in CodeInput, caller Caller) error {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return err
	}
	code, err := c.OTP.verifyPhoneCode(ctx, number, PurposeReset, in, caller)
	if err != nil {
		return err
	}
	login, found, err := c.Store.Login(ctx, number)
	if err != nil {
		return err
	}
	if !found {
		return apperr.New(apperr.CodeWrong, "")
	}
	switch {
	case login.User.Disabled:
		return apperr.New(apperr.AccountDisabled, "")
	case c.StaffSecondFactor && login.User.Role.IsStaff():
		return apperr.New(apperr.ResetNotAllowed, "")
	}
	if login.Hash, err = auth.Hash(password, c.Random); err != nil {
		return err
	}
	return c.Store.ResetPassword(ctx, login, code, c.Now())
}

// ChangePhone moves the actor's account to another phone number, which is proved by
// a code. It fails with invalid_body, code_wrong, code_locked, phone_taken or
// conflict. It is safe to retry: a change to the current number does nothing.
func (c *Credentials) ChangePhone(ctx context.Context, actor user.Principal, rawPhone string, in CodeInput, caller Caller) (user.User, error) {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return user.User{}, err
	}
	u, err := c.Store.User(ctx, actor.UserID)
	if err != nil || u.Phone == number {
		return u, err
	}
	code, err := c.OTP.verifyPhoneCode(ctx, number, PurposePhone, in, caller)
	if err != nil {
		return user.User{}, err
	}
	return c.Store.ChangePhone(ctx, u, number, code)
}

// ConfirmEmail verifies the e-mail address in the actor's profile with the code that
// was sent to it. It fails with email_missing, code_wrong or code_locked.
func (c *Credentials) ConfirmEmail(ctx context.Context, actor user.Principal, digits string, caller Caller) (user.User, error) {
	u, err := c.Store.User(ctx, actor.UserID)
	if err != nil {
		return user.User{}, err
	}
	if u.Email == "" {
		return user.User{}, apperr.New(apperr.EmailMissing, "")
	}
	code, err := c.OTP.verifyCode(ctx, u.ID, emailSubject(u), PurposeEmail, CodeInput{Digits: digits}, caller)
	if err != nil {
		return user.User{}, err
	}
	return c.Store.VerifyEmail(ctx, u.ID, u.Email, code)
}
