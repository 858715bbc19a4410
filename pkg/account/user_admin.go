package account

import (
	"context"
	"io"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// UserAdminStore keeps people as administrators know them. Each change is written with
// its audit record, all or nothing, and only while the person's rights are
// those that were read; else it errors with fault.Conflict.
type UserAdminStore interface {
	// User reads one. Errors: user_not_found.
	User(ctx context.Context, id string) (user.User, error)
	// Login finds whoever has the number.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)
	// ListUsers reads a page of people, the newest first; role "" is everybody.
	ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) (users []user.User, next map[string]string, err error)
	// UsersByID reads people in this order; missing ones are left out.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
	// SearchUsers finds people by words of name, phone and e-mail, the newest
	// first; more may come where next is not nil.
	SearchUsers(ctx context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error)

	// CreateUser writes a new person. Errors: phone_taken.
	CreateUser(ctx context.Context, l Login, r audit.Record) error
	// AdminUpdateUser changes a person; hash is a new password's, nil to keep the
	// old one. Errors: phone_taken, last_admin.
	AdminUpdateUser(ctx context.Context, old, updated user.User, hash *string, r audit.Record) error
	// DeleteUser removes person and login. Errors: last_admin.
	DeleteUser(ctx context.Context, old user.User, r audit.Record) error
}

// UserAdmin is the book of people, as administrators keep it.
type UserAdmin struct {
	Store         UserAdminStore
	Revoker       *AccessRevoker
	Recorder      audit.Recorder
	Random        io.Reader
	DefaultRegion string // where a number without a country code is from
}

// CreateUserParams is somebody whom an administrator enters. It has been validated
// but for phone and password.
type CreateUserParams struct {
	Phone    string
	Role     user.Role // "" means user
	Name     string
	Email    string
	Password string // "" leaves login by code
	Locale   string // "" means en
	Disabled bool
}

// UserUpdate is what an administrator changes about a person; nil leaves a field as
// it is.
type UserUpdate struct {
	Phone    *string
	Role     *user.Role
	Name     *string
	Email    *string
	Password *string
	Disabled *bool
}

// Get reads a person. Errors: user_not_found.
func (a *UserAdmin) Get(ctx context.Context, userID string) (user.User, error) {
	if !id.Valid(userID) {
		return user.User{}, apperr.New(apperr.UserNotFound, "")
	}
	return a.Store.User(ctx, userID)
}

// UserQuery says who is looked for.
type UserQuery struct {
	Role  user.Role // "" for any
	Text  string    // an id, a phone number, or words; "" for everybody
	Limit int
}

// List reads a page of people, the newest first. cursor is nil for the first
// page, next behind the last.
func (a *UserAdmin) List(ctx context.Context, query UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	if query.Text == "" {
		return a.Store.ListUsers(ctx, query.Role, query.Limit, cursor)
	}
	if cursor == nil {
		ids, err := a.exactMatches(ctx, query.Text)
		if err != nil {
			return nil, nil, err
		}
		if users, err = a.filterByRole(ctx, query.Role, ids); err != nil || len(users) > 0 {
			return users, nil, err
		}
	}
	return a.search(ctx, query, cursor)
}

// maxSearchPages bounds how often a search goes on because a role passed over
// those whom it found.
const maxSearchPages = 10

// search finds people by their words.
func (a *UserAdmin) search(ctx context.Context, query UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	terms := search.Parse(query.Text)
	if len(terms) == 0 {
		return nil, nil, nil
	}
	for range maxSearchPages {
		ids, nextCursor, err := a.Store.SearchUsers(ctx, terms, query.Limit-len(users), cursor)
		if err != nil {
			return nil, nil, err
		}
		page, err := a.filterByRole(ctx, query.Role, ids)
		if err != nil {
			return nil, nil, err
		}
		users, cursor = append(users, page...), nextCursor
		if cursor == nil || len(users) == query.Limit {
			break
		}
	}
	return users, cursor, nil
}

// filterByRole reads people and keeps those of a role; role "" is any.
func (a *UserAdmin) filterByRole(ctx context.Context, role user.Role, ids []string) ([]user.User, error) {
	users, err := a.Store.UsersByID(ctx, ids)
	return slices.DeleteFunc(users, func(u user.User) bool { return role != "" && u.Role != role }), err
}

// exactMatches finds whom a text names exactly.
func (a *UserAdmin) exactMatches(ctx context.Context, text string) ([]string, error) {
	if userID, ok := id.Parse(text); ok {
		return []string{userID}, nil
	}
	number, err := phone.Normalize(text, a.DefaultRegion)
	if err != nil {
		return nil, nil //nolint:nilerr // it is a text to look for, not an entry
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil || !found {
		return nil, err
	}
	return []string{login.User.ID}, nil
}

// Create enters a new person. Errors: invalid_body (phone), weak_password, phone_taken.
func (a *UserAdmin) Create(ctx context.Context, actor audit.Actor, params CreateUserParams) (user.User, error) {
	number, err := normalizePhone(params.Phone, a.DefaultRegion)
	if err != nil {
		return user.User{}, err
	}
	hash, err := a.hashPassword(params.Password, number)
	if err != nil {
		return user.User{}, err
	}
	u := user.User{
		ID: a.Recorder.NewID(), Phone: number, Role: params.Role, Name: params.Name, Email: params.Email, Locale: params.Locale, Disabled: params.Disabled,
		Notifications: user.NotificationPreferences{Email: true, SMS: true}, CreatedAt: a.Recorder.Now(),
	}
	if u.Role == "" {
		u.Role = user.RoleUser
	}
	if u.Locale == "" {
		u.Locale = locale.English
	}
	r := a.Recorder.NewRecord(actor, audit.UserCreated, u.ID, nil, auditFields(u))
	return u, retry.OnConflict(ctx, retry.Default, func() error { return a.Store.CreateUser(ctx, Login{Phone: number, Hash: hash, User: u}, r) })
}

// Update edits a person. A change of rights is enforced before it returns:
// tokens and sockets that carry the old ones end, and for somebody who is
// disabled, or has a new password, the sessions too.
//
// Errors: user_not_found, invalid_body (phone), weak_password, phone_taken, last_admin.
func (a *UserAdmin) Update(ctx context.Context, actor audit.Actor, userID string, update UserUpdate) (updated user.User, err error) {
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
			after["password"] = "changed"
		}
		if len(after) == 0 {
			return nil
		}
		return a.Store.AdminUpdateUser(ctx, old, updated, hash, a.Recorder.NewRecord(actor, audit.UserUpdated, userID, before, after))
	})
	if err != nil {
		return user.User{}, err
	}
	switch {
	case updated.Disabled != old.Disabled, hash != nil: // let in again, nothing of before counts
		err = a.Revoker.RevokeAccess(ctx, userID, true)
	case updated.Role != old.Role, updated.Phone != old.Phone:
		err = a.Revoker.RevokeAccess(ctx, userID, false)
	}
	return updated, err
}

// Delete takes a person out of the book: nobody signs in as them any more, and
// their number may sign up anew.
//
// Errors: user_not_found, last_admin.
func (a *UserAdmin) Delete(ctx context.Context, actor audit.Actor, userID string) error {
	err := retry.OnConflict(ctx, retry.Default, func() error {
		old, err := a.Get(ctx, userID)
		if err != nil {
			return err
		}
		return a.Store.DeleteUser(ctx, old, a.Recorder.NewRecord(actor, audit.UserDeleted, userID, auditFields(old), nil))
	})
	if err != nil {
		return err
	}
	return a.Revoker.RevokeAccess(ctx, userID, true)
}

func applyUpdate(u user.User, update UserUpdate, region string) (user.User, error) {
	if update.Phone != nil {
		number, err := normalizePhone(*update.Phone, region)
		if err != nil {
			return u, err
		}
		u.Phone = number
	}
	if update.Role != nil {
		u.Role = *update.Role
	}
	if update.Name != nil {
		u.Name = *update.Name
	}
	if update.Email != nil && *update.Email != u.Email {
		u.Email, u.EmailVerified = *update.Email, false
	}
	if update.Disabled != nil {
		u.Disabled = *update.Disabled
	}
	return u, nil
}

// auditFields are what the audit log says of a person.
func auditFields(u user.User) audit.Fields {
	return audit.Fields{"phone": u.Phone, "role": string(u.Role), "name": u.Name, "email": u.Email, "disabled": u.Disabled}
}

func (a *UserAdmin) hashPassword(password, number string) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return "", err
	}
	return auth.Hash(password, a.Random)
}
