package account

import (
	"context"
	"encoding/base64"
	"io"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/user"
)

// operator returns the author of changes by GrantAdmin in the audit log.
func operator() audit.Actor {
	return audit.Actor{ID: "00000000000000000000SYSTEM", Name: "TicketSystem"}
}

// firstPasswordBytes is the entropy of a generated password.
const firstPasswordBytes = 15

// GrantAdmin makes the user with a phone number an administrator and enables them. It
// creates the user if the number has no account. An account without a password gets a
// random one, which is returned, because staff may need it to sign in. It fails with
// invalid_body. It is safe to repeat.
func (a *UserAdmin) GrantAdmin(ctx context.Context, rawPhone string) (u user.User, firstPassword string, err error) {
	number, err := normalizePhone(rawPhone, a.DefaultRegion)
	if err != nil {
		return user.User{}, "", err
	}
	err = retry.OnConflict(ctx, retry.Default, func() error {
		login, found, err := a.UserDirectory.Store.Login(ctx, number)
		if err != nil {
			return err
		}
		var hash *string
		if login.Hash == "" {
			if firstPassword, hash, err = a.generatePassword(); err != nil {
				return err
			}
		}
		if !found {
			u = newUser(a.Recorder.NewID(), number, "", user.RoleAdmin, "", a.Recorder.Now())
			record := a.Recorder.NewRecord(operator(), audit.UserCreated, u.ID, nil, auditFields(u))
			return a.UserDirectory.Store.CreateUser(ctx, Login{Phone: number, Hash: *hash, User: u}, record)
		}
		u, err = a.promote(ctx, login.User.ID, hash)
		return err
	})
	return u, firstPassword, err
}

// promote makes an existing user an enabled administrator, and sets the hash unless it is
// nil.
func (a *UserAdmin) promote(ctx context.Context, userID string, hash *string) (user.User, error) {
	old, err := a.Get(ctx, userID)
	if err != nil {
		return user.User{}, err
	}
	u := old
	u.Role, u.Disabled = user.RoleAdmin, false
	before, after := audit.Diff(auditFields(old), auditFields(u))
	if hash != nil {
		u.PasswordVersion++
		after["password"] = "changed"
	}
	if len(after) == 0 {
		return u, nil
	}
	return u, a.Store.AdminUpdateUser(ctx, old, u, hash, a.Recorder.NewRecord(operator(), audit.UserUpdated, userID, before, after))
}

// generatePassword returns a random password and its hash.
func (a *UserAdmin) generatePassword() (password string, hash *string, err error) {
	var secret [firstPasswordBytes]byte
	if _, err := io.ReadFull(a.Random, secret[:]); err != nil {
		return "", nil, err
	}
	password = base64.RawURLEncoding.EncodeToString(secret[:])
	h, err := a.hashPassword(password, "")
	return password, &h, err
}
