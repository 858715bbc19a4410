package account

import (
	"context"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/user"
)

// UserAdminStore changes users. Each change is written with its audit record in one
// transaction. It fails with conflict if the user's rights are not those of old.
type UserAdminStore interface {
	// AdminUpdateUser replaces old by updated, and deletes the codes. hash is the new password
	// hash, or nil to keep the current one. A new password version also deletes the user's sessions
	// and revokes their tokens at the time of r. It fails with phone_taken, last_admin, or code_wrong
	// if a code was used.
	AdminUpdateUser(ctx context.Context, old, updated user.User, hash *string, r audit.Record, codes ...OneTimeCode) error
	// DeleteUser deletes a user and their login. It fails with last_admin.
	DeleteUser(ctx context.Context, old user.User, r audit.Record) error
}

// UserAdmin changes and deletes users for administrators.
type UserAdmin struct {
	*UserDirectory
	Store   UserAdminStore
	Revoker *AccessRevoker
}

// UserUpdate is a change by an administrator. A nil field is not changed.
type UserUpdate struct {
	Phone    *string
	Role     *user.Role
	Name     *string
	Email    *string
	Password *string
	Disabled *bool
}

// Update changes a user. codes are those of ConfirmUpdate. It fails with user_not_found,
// invalid_body (phone), weak_password, phone_taken, last_admin, or code_wrong if a code was used.
//
// If the user's rights change, it revokes access before it returns: tokens and
// sockets with the old rights, and also sessions if the user was disabled or enabled
// or has a new password.
func (a *UserAdmin) Update(ctx context.Context, actor audit.Actor, userID string, update UserUpdate, codes ...OneTimeCode) (updated user.User, err error) {
	var old user.User
	var hash *string
	err = retry.OnConflict(ctx, retry.Default, func() error {
		if old, err = a.Get(ctx, userID); err != nil {
			return err
		}
		if updated, err = applyUpdate(old, update, a.DefaultRegion); err != nil {
			return err
		}
		if update.Password != nil && hash == nil {
			newHash, err := a.hashPassword(*update.Password, updated.Phone)
			if err != nil {
				return err
			}
			hash = &newHash
		}
		before, after := audit.Diff(auditFields(old), auditFields(updated))
		if hash != nil {
			updated.PasswordVersion++
			after["password"] = "changed"
		}
		if len(after) == 0 {
			return nil
		}
		return a.Store.AdminUpdateUser(ctx, old, updated, hash, a.Recorder.NewRecord(actor, audit.UserUpdated, userID, before, after), codes...)
	})
	if err != nil {
		return user.User{}, atOldCode(err)
	}
	endSessions := updated.Disabled != old.Disabled || hash != nil // those from before an account was enabled are invalid too
	if endSessions || !updated.SameRights(old) {
		err = a.Revoker.RevokeAccess(ctx, userID, endSessions)
	}
	return updated, err
}

// Delete deletes a user and revokes their access. The audit record has no name, phone
// number or e-mail address, because nothing of the user is kept. It fails with user_not_found or
// last_admin. The phone number may sign up again.
func (a *UserAdmin) Delete(ctx context.Context, actor audit.Actor, userID string) error {
	err := retry.OnConflict(ctx, retry.Default, func() error {
		old, err := a.Get(ctx, userID)
		if err != nil {
			return err
		}
		return a.Store.DeleteUser(ctx, old, a.Recorder.NewRecord(actor, audit.UserDeleted, userID, audit.Fields{"role": string(old.Role), "disabled": old.Disabled}, nil))
	})
	if err != nil {
		return err
	}
	return a.Revoker.RevokeAccess(ctx, userID, true)
}

// applyUpdate returns u with the changes. It fails with invalid_body (phone).
func applyUpdate(u user.User, update UserUpdate, region string) (user.User, error) {
	if update.Phone != nil {
		number, err := normalizePhone(*update.Phone, region)
		if err != nil {
			return u, err
		}
		u = u.WithPhone(number, "")
	}
	if update.Role != nil {
		u.Role = *update.Role
	}
	if update.Name != nil {
		u.Name = *update.Name
	}
	if update.Email != nil && !notification.SameAddress(*update.Email, u.Email) {
		u.Email, u.EmailVerified = *update.Email, false
	}
	if update.Disabled != nil {
		u.Disabled = *update.Disabled
	}
	return u, nil
}

// auditFields returns the fields of a user that audit records contain.
func auditFields(u user.User) audit.Fields {
	return audit.Fields{"phone": u.Phone, "role": string(u.Role), "name": u.Name, "email": u.Email, "disabled": u.Disabled}
}
