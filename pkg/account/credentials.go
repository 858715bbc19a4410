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

// CredentialStore stores the changes that a one-time code authorizes.
type CredentialStore interface {
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)

	// Login returns the login of a phone number. found is false if the number has no
	// account.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// ResetPassword writes the password hash of the login and increments the password version,
	// deletes all sessions of the user, revokes the access tokens issued until at and deletes
	// the code, in one transaction. It fails with code_wrong if the code was used, or conflict,
	// also if the user's rights are not those of l.
	ResetPassword(ctx context.Context, l Login, code OneTimeCode, at time.Time) error

	// VerifyEmail marks the e-mail address of a user as verified and deletes the code
	// in one transaction. It fails with code_wrong if the code was used or the address
	// has changed.
	VerifyEmail(ctx context.Context, userID, email string, code OneTimeCode) (user.User, error)

	// ChangePhone moves user and login to another phone number, deletes the codes, updates
	// the kept session, deletes all others and revokes the access tokens with the old
	// number, in one transaction. It fails with phone_taken, code_wrong if a code was used,
	// session_ended if there is no kept session, or conflict.
	ChangePhone(ctx context.Context, c PhoneChange) (user.User, error)

	// SyncUserCopies and AddRevocation are methods of SessionStore.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
	AddRevocation(ctx context.Context, userID string, r user.Revocation) error
}

// PhoneChange is a change of a user's phone number.
type PhoneChange struct {
	User    user.User // as read
	Phone   string    // the new number, E.164
	Codes   []OneTimeCode
	Session string // family of the session that stays
	At      time.Time
}

// OwnerProof is what proves that the holder of a session owns the account: the password,
// a code sent to the current number, or both.
type OwnerProof struct {
	Password string
	OldCode  CodeInput
}

// Credentials changes what a user logs in with. Each change requires a one-time code.
type Credentials struct {
	Store     CredentialStore
	OTP       *OTP
	Passwords *Passwords
	Now       func() time.Time
	Random    io.Reader
	// StaffSecondFactor requires both factors of staff, a code and the password, for a change
	// of the password or the phone number.
	StaffSecondFactor bool
}

// ResetPassword sets the password of an account whose phone number is proved by a
// code. It ends all sessions at once and all access tokens within seconds. It fails
// with invalid_body, weak_password, code_wrong, code_locked, account_disabled,
// password_wrong, or reset_not_allowed for staff who need the current password too and
// send none. A weak password does not use up an attempt on the code.
func (c *Credentials) ResetPassword(ctx context.Context, rawPhone, password string, in CodeInput, current string, caller Caller) error {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return err
	}
	code, login, err := c.OTP.verifyAccountCode(ctx, number, PurposeReset, in, caller)
	if err != nil {
		return err
	}
	switch {
	case login.User.Disabled:
		return apperr.New(apperr.AccountDisabled, "")
	case current == "" && c.StaffSecondFactor && login.User.Role.IsStaff():
		return apperr.New(apperr.ResetNotAllowed, "")
	case current != "":
		if err := c.Passwords.compareAfterCode(ctx, login, true, current, caller); err != nil {
			return atCurrentPassword(asPasswordWrong(err))
		}
	}
	if login.Hash, err = auth.Hash(password, c.Random); err != nil {
		return err
	}
	if err := c.Store.ResetPassword(ctx, login, code, c.Now()); err != nil {
		return err
	}
	c.OTP.countUsed(ctx, number)
	return c.revokeIssuedMeanwhile(ctx, login.User.ID, user.Revocation{})
}

// revokeIssuedMeanwhile revokes access tokens that a session got after the time of the revocation
// in the transaction that ended it, and before the transaction was complete.
func (c *Credentials) revokeIssuedMeanwhile(ctx context.Context, userID string, r user.Revocation) error {
	r.At = c.Now()
	return c.Store.AddRevocation(ctx, userID, r)
}

// ChangePhone moves the actor's account to another phone number, which is proved by
// a code, and ends all other sessions. device is a device cookie for the new number. It fails
// with invalid_body, password_wrong, login_locked, code_wrong, code_locked, phone_taken,
// session_ended or conflict. It is safe to retry: a change to the current number does nothing.
func (c *Credentials) ChangePhone(ctx context.Context, actor user.Principal, rawPhone string, in CodeInput, proof OwnerProof, caller Caller) (u user.User, device string, err error) {
	number, err := c.OTP.parsePhone(rawPhone)
	if err != nil {
		return user.User{}, "", err
	}
	if u, err = c.Store.User(ctx, actor.UserID); err != nil || u.Phone == number {
		return u, "", err
	}
	if err := c.requireProof(u, proof); err != nil {
		return user.User{}, "", err
	}
	caller.UserID = actor.UserID
	// The attempts on the code bound how often a right password is compared.
	code, err := c.OTP.verifyPhoneCode(ctx, number, PurposePhone, in, caller)
	if err != nil {
		return user.User{}, "", err
	}
	codes, err := c.proveOwner(ctx, u, proof, caller)
	if err != nil {
		return user.User{}, "", err
	}
	u, err = c.Store.ChangePhone(ctx, PhoneChange{User: u, Phone: number, Codes: append(codes, code), Session: actor.Session, At: c.Now()})
	if err == nil {
		c.OTP.countUsed(ctx, number)
		err = c.revokeIssuedMeanwhile(ctx, u.ID, user.Revocation{Role: u.Role, PhoneVersion: u.PhoneVersion})
	}
	return u, c.OTP.Devices.cookie(actor.UserID, actor.Session, number), err
}

// ConfirmUpdate verifies the proof of administrators who change their own phone number or
// password as that of any user; without it, a stolen access token would be enough. It returns the
// verified code, if any, which the update deletes. It fails with invalid_body, password_wrong,
// login_locked, code_wrong or code_locked.
func (c *Credentials) ConfirmUpdate(ctx context.Context, actor user.Principal, update UserUpdate, proof OwnerProof, caller Caller) (codes []OneTimeCode, err error) {
	if update.Phone == nil && update.Password == nil {
		return nil, nil
	}
	u, err := c.Store.User(ctx, actor.UserID)
	if err != nil {
		return nil, err
	}
	updated, err := applyUpdate(u, update, c.OTP.DefaultRegion)
	if err != nil || updated.Phone == u.Phone && update.Password == nil {
		return nil, err
	}
	caller.UserID = actor.UserID
	if err = c.requireProof(u, proof); err == nil {
		codes, err = c.proveOwner(ctx, u, proof, caller)
	}
	return codes, atCurrentPassword(err)
}

// requireProof fails with invalid_body if the proof is incomplete. Its errors name the fields of
// POST /profile/phone.
func (c *Credentials) requireProof(u user.User, proof OwnerProof) error {
	needsBoth := c.StaffSecondFactor && u.Role.IsStaff()
	hasPassword, hasCode := proof.Password != "", proof.OldCode.Digits != ""
	switch {
	case !hasPassword && (needsBoth || !hasCode):
		return apperr.Validation(apperr.Field{Pointer: "/password", Code: "required", Message: "Send the password, or as oldCode a code of purpose phone that was sent to the current number."})
	case !hasCode && needsBoth:
		return apperr.Validation(apperr.Field{Pointer: "/oldCode", Code: "required", Message: "Staff send the password and a code of purpose phone that was sent to the current number."})
	}
	return nil
}

// proveOwner verifies the password, a code sent to the current number, or both. It returns
// the verified code, if any. Errors name the fields of POST /profile/phone.
func (c *Credentials) proveOwner(ctx context.Context, u user.User, proof OwnerProof, caller Caller) (codes []OneTimeCode, err error) {
	verify := c.Passwords.verify
	if proof.OldCode.Digits != "" {
		code, err := c.OTP.verifyPhoneCode(ctx, u.Phone, PurposePhone, proof.OldCode, caller)
		if err != nil {
			return nil, atOldCode(err)
		}
		codes, verify = append(codes, code), c.Passwords.verifyWithCode
	}
	if proof.Password != "" {
		_, err = verify(ctx, u.Phone, proof.Password, caller)
	}
	return codes, asPasswordWrong(err)
}

// asPasswordWrong converts login_wrong, whose 401 would mean the session.
func asPasswordWrong(err error) error {
	if apperr.Is(err, apperr.LoginWrong) {
		return apperr.New(apperr.PasswordWrong, "").WithFields(apperr.Field{Pointer: "/password", Code: "password_wrong", Message: "The password is wrong."})
	}
	return err
}

// ConfirmDeletion verifies the code of purpose delete that was sent to the actor's number, and
// the password if one is given; staff need both if StaffSecondFactor is set. It fails with
// invalid_body, password_wrong, code_wrong or code_locked. The code is bound to the user, so it
// needs no deletion of its own.
func (c *Credentials) ConfirmDeletion(ctx context.Context, actor user.Principal, in CodeInput, password string, caller Caller) error {
	u, err := c.Store.User(ctx, actor.UserID)
	if err != nil {
		return err
	}
	if password == "" && c.StaffSecondFactor && u.Role.IsStaff() {
		return apperr.Validation(apperr.Field{Pointer: "/password", Code: "required", Message: "Staff send the password and a code."})
	}
	caller.UserID = actor.UserID
	if _, err := c.OTP.verifyPhoneCode(ctx, u.Phone, PurposeDelete, in, caller); err != nil || password == "" {
		return err
	}
	_, err = c.Passwords.verifyWithCode(ctx, u.Phone, password, caller)
	return asPasswordWrong(err)
}

// atOldCode names the fields of the code that was sent to the current number.
func atOldCode(err error) error {
	return movePointers(err, map[string]string{"/code": "/oldCode", "/challenge": "/oldChallenge"})
}

// atCurrentPassword names the field of the current password beside that of a new one.
func atCurrentPassword(err error) error {
	return movePointers(err, map[string]string{"/password": "/currentPassword"})
}

// movePointers renames the fields of an error.
func movePointers(err error, names map[string]string) error {
	if err == nil {
		return nil
	}
	e := apperr.From(err)
	if len(e.Fields) == 0 {
		return err
	}
	return e.WithPointers(func(pointer string) string { return cmp.Or(names[pointer], pointer) })
}

// ConfirmEmail verifies the e-mail address in the actor's profile with the code that
// was sent to it. It fails with email_missing, code_wrong or code_locked.
func (c *Credentials) ConfirmEmail(ctx context.Context, actor user.Principal, digits string) (user.User, error) {
	u, err := c.Store.User(ctx, actor.UserID)
	if err != nil {
		return user.User{}, err
	}
	if u.Email == "" {
		return user.User{}, apperr.New(apperr.EmailMissing, "")
	}
	code, err := c.OTP.verifyCode(ctx, u.ID, fixed(emailSubject(u)), PurposeEmail, CodeInput{Digits: digits}, userClient(u.ID))
	if err != nil {
		return user.User{}, err
	}
	if u, err = c.Store.VerifyEmail(ctx, u.ID, u.Email, code); err != nil {
		return user.User{}, err
	}
	_, err = c.Store.SyncUserCopies(ctx, u.ID)
	return u, err
}
