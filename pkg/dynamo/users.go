package dynamo

import (
	"context"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

var _ account.Store = (*Store)(nil)

// userItem is a user. Logins and sessions hold a copy of userFields, which the
// stream keeps up to date, so that sign-in and refresh read one item each.
type userItem struct {
	key
	userIndexKeys
	userFields
	LastSeenAt int64 `dynamodbav:"seen,omitempty"`
}

func userToItem(u user.User) userItem {
	return userItem{userKey(u.ID), indexKeysOfUser(u), userToFields(u), toMillis(u.LastSeenAt)}
}

func (i userItem) user() user.User {
	u := i.userFields.user()
	u.LastSeenAt = fromMillis(i.LastSeenAt)
	return u
}

type userFields struct {
	ID            string `dynamodbav:"id"`
	Phone         string `dynamodbav:"phone"`
	PhoneVersion  int    `dynamodbav:"phoneVersion,omitempty"`
	PhoneSession  string `dynamodbav:"phoneSession,omitempty"`
	Password      int    `dynamodbav:"pv,omitempty"` // version
	Role          string `dynamodbav:"role"`
	Name          string `dynamodbav:"name,omitempty"`
	Email         string `dynamodbav:"email,omitempty"`
	EmailVerified bool   `dynamodbav:"emailVerified,omitempty"`
	Province      string `dynamodbav:"province,omitempty"`
	City          string `dynamodbav:"city,omitempty"`
	PictureID     string `dynamodbav:"picture,omitempty"`
	Locale        string `dynamodbav:"locale"`
	NotifyEmail   bool   `dynamodbav:"byEmail"`
	NotifySMS     bool   `dynamodbav:"bySMS"`
	NoPush        bool   `dynamodbav:"noPush,omitempty"` // items from before push messages have none
	PushText      bool   `dynamodbav:"pushText,omitempty"`
	HasPush       bool   `dynamodbav:"hasPush,omitempty"`
	Disabled      bool   `dynamodbav:"disabled,omitempty"`
	CreatedAt     int64  `dynamodbav:"createdAt"`
}

func userToFields(u user.User) userFields {
	return userFields{
		ID: u.ID, Phone: u.Phone, PhoneVersion: u.PhoneVersion, PhoneSession: u.PhoneSession, Password: u.PasswordVersion, Role: string(u.Role), Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified,
		Province: u.Province, City: u.City, PictureID: u.PictureID, Locale: u.Locale,
		NotifyEmail: u.Notifications.Email, NotifySMS: u.Notifications.SMS,
		NoPush: !u.Notifications.Push, PushText: u.Notifications.PushText, HasPush: u.HasPush, Disabled: u.Disabled, CreatedAt: toMillis(u.CreatedAt),
	}
}

func (f userFields) user() user.User {
	return user.User{
		ID: f.ID, Phone: f.Phone, PhoneVersion: f.PhoneVersion, PhoneSession: f.PhoneSession, PasswordVersion: f.Password, Role: user.Role(f.Role), Name: f.Name, Email: f.Email, EmailVerified: f.EmailVerified,
		Province: f.Province, City: f.City, PictureID: f.PictureID, Locale: f.Locale,
		Notifications: user.NotificationPreferences{Email: f.NotifyEmail, SMS: f.NotifySMS, Push: !f.NoPush, PushText: f.PushText}, HasPush: f.HasPush, Disabled: f.Disabled, CreatedAt: fromMillis(f.CreatedAt),
	}
}

// User implements account.Store.
func (s *Store) User(ctx context.Context, id string) (user.User, error) {
	var i userItem
	found, err := s.get(ctx, userKey(id), true, &i)
	if err == nil && !found {
		err = apperr.New(apperr.UserNotFound, "")
	}
	return i.user(), err
}

// UpdateUser implements account.ProfileStore.
func (s *Store) UpdateUser(ctx context.Context, id string, p account.ProfileUpdate) (user.User, error) {
	var set []string
	vals := values{}
	put := func(name string, v any) {
		set = append(set, "#"+name+" = :"+name)
		vals[name] = v
	}
	for name, v := range map[string]*string{
		"name": p.Name, "email": p.Email, "province": p.Province, "city": p.City, "locale": p.Locale, "picture": p.PictureID,
	} {
		if v != nil {
			put(name, *v)
		}
	}
	if p.Email != nil {
		put("emailVerified", false)
	}
	condition := "attribute_exists(PK)"
	if p.Name != nil { // the key of a disabled user has a mark
		put("w", userNameKey(*p.Name))
		condition += " AND attribute_not_exists(disabled)"
	}
	if p.NotifyPush != nil {
		put("noPush", !*p.NotifyPush)
	}
	for name, v := range map[string]*bool{"byEmail": p.NotifyEmail, "bySMS": p.NotifySMS, "pushText": p.PushText} {
		if v != nil {
			put(name, *v)
		}
	}
	if len(set) == 0 {
		return s.User(ctx, id)
	}
	after, applied, err := s.update(ctx, updateSpec{
		key: userKey(id), set: "SET " + strings.Join(set, ", "), condition: condition, values: vals,
	})
	switch {
	case err != nil:
		return user.User{}, err
	case !applied && after != nil:
		return user.User{}, apperr.New(apperr.AccountDisabled, "")
	case !applied:
		return user.User{}, apperr.New(apperr.UserNotFound, "")
	}
	var i userItem
	err = decode(after, &i)
	return i.user(), err
}

// VerifyEmail implements account.CredentialStore.
func (s *Store) VerifyEmail(ctx context.Context, id, email string, used account.OneTimeCode) (user.User, error) {
	tx := s.transaction().update(updateSpec{
		key: userKey(id), set: "SET emailVerified = :yes", condition: "email = :email", values: values{"yes": true, "email": email},
	})
	consumeCode(tx, used)
	tx.remove(suppressionKey(notification.NormalizeAddress(email)), "", nil) // the code has just arrived there
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		err = errCodeUsed()
	}
	if err != nil {
		return user.User{}, err
	}
	return s.User(ctx, id)
}

// ChangePhone implements account.CredentialStore.
func (s *Store) ChangePhone(ctx context.Context, c account.PhoneChange) (user.User, error) {
	updated := c.User.WithPhone(c.Phone, c.Session)
	err := retryConflicts(ctx, func() (bool, error) {
		sessions, err := s.sessionsToDelete(ctx, c.User.ID, c.Session)
		if err != nil {
			return false, err
		}
		tx := s.transaction().update(userUpdate(c.User, updated))
		loginWrite, err := s.replaceLogin(ctx, tx, c.User, updated, nil)
		if err != nil {
			return false, err
		}
		firstCode := tx.last() + 1
		for _, code := range c.Codes {
			consumeCode(tx, code)
		}
		keptWrite := tx.update(updateSpec{
			key: sessionKey(c.User.ID, c.Session), set: "SET #user = :user", condition: "#user.id = :id",
			values: values{"user": userToFields(updated), "id": c.User.ID},
		}).last()
		tx.addRevocation(c.User.ID, user.Revocation{At: c.At, Role: updated.Role, PhoneVersion: updated.PhoneVersion})
		for _, k := range sessions {
			tx.remove(k, "", nil)
		}
		failed, err := tx.commit(ctx)
		switch {
		case failed.has(loginWrite):
			return false, account.PhoneTaken()
		case failed.hasAny(firstCode, keptWrite):
			return false, errCodeUsed()
		case failed.has(keptWrite):
			return false, apperr.New(apperr.SessionEnded, "")
		case failed != nil: // the user or the password has changed
			return false, apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
		}
		return committed(failed, err)
	})
	if err != nil {
		return user.User{}, err
	}
	return updated, nil
}

// loginItem is the password and a copy of the user by phone number.
type loginItem struct {
	key
	Hash string     `dynamodbav:"hash,omitempty"`
	User userFields `dynamodbav:"user"`
}

func loginToItem(l account.Login) loginItem {
	return loginItem{key: loginKey(l.Phone), Hash: l.Hash, User: userToFields(l.User)}
}

// PutAccount writes login and user unconditionally, for seeds and tests. It adds an
// administrator to the set of administrators; it never removes one.
func (s *Store) PutAccount(ctx context.Context, l account.Login) error {
	tx := s.transaction().put(loginToItem(l), "", nil).put(userToItem(l.User), "", nil)
	if isActiveAdmin(l.User) {
		tx.addAdmin(l.User.ID)
	}
	_, err := tx.commit(ctx)
	return err
}
