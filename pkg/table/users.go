package table

import (
	"context"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var _ account.Store = (*Table)(nil)

// userItem is a person. Logins and sessions carry a copy (userFields), kept
// up to date by the stream, so that both cost one read.
type userItem struct {
	key
	entryKeys
	userFields
}

func userToItem(u user.User) userItem { return userItem{userKey(u.ID), userKeys(u), userToFields(u)} }

type userFields struct {
	ID            string `dynamodbav:"id"`
	Phone         string `dynamodbav:"phone"`
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
	Disabled      bool   `dynamodbav:"disabled,omitempty"`
	CreatedAt     int64  `dynamodbav:"createdAt"`
}

func userToFields(u user.User) userFields {
	return userFields{
		ID: u.ID, Phone: u.Phone, Role: string(u.Role), Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified,
		Province: u.Province, City: u.City, PictureID: u.PictureID, Locale: u.Locale,
		NotifyEmail: u.Notify.Email, NotifySMS: u.Notify.SMS, Disabled: u.Disabled, CreatedAt: toMillis(u.CreatedAt),
	}
}

func (f userFields) user() user.User {
	return user.User{
		ID: f.ID, Phone: f.Phone, Role: user.Role(f.Role), Name: f.Name, Email: f.Email, EmailVerified: f.EmailVerified,
		Province: f.Province, City: f.City, PictureID: f.PictureID, Locale: f.Locale,
		Notify: user.Choices{Email: f.NotifyEmail, SMS: f.NotifySMS}, Disabled: f.Disabled, CreatedAt: fromMillis(f.CreatedAt),
	}
}

// User implements account.Store.
func (t *Table) User(ctx context.Context, id string) (user.User, error) {
	var i userItem
	found, err := t.get(ctx, userKey(id), true, &i)
	if err == nil && !found {
		err = fault.New(fault.UserNotFound, "")
	}
	return i.user(), err
}

// UpdateUser implements account.Store.
func (t *Table) UpdateUser(ctx context.Context, id string, p account.Patch) (user.User, error) {
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
	for name, v := range map[string]*bool{"byEmail": p.NotifyEmail, "bySMS": p.NotifySMS} {
		if v != nil {
			put(name, *v)
		}
	}
	if len(set) == 0 {
		return t.User(ctx, id)
	}
	after, applied, err := t.update(ctx, change{
		key: userKey(id), set: "SET " + strings.Join(set, ", "), condition: "attribute_exists(PK)", values: vals,
	})
	if err != nil {
		return user.User{}, err
	}
	if !applied {
		return user.User{}, fault.New(fault.UserNotFound, "")
	}
	var i userItem
	err = decode(after, &i)
	return i.user(), err
}

// VerifyEmail implements account.Store.
func (t *Table) VerifyEmail(ctx context.Context, id, email string, used account.Code) (user.User, error) {
	tx := t.transaction().update(change{
		key: userKey(id), set: "SET emailVerified = :yes", condition: "email = :email", values: values{"yes": true, "email": email},
	})
	useCode(tx, used)
	failed, err := tx.commit(ctx)
	if err == nil && failed != nil {
		err = codeUsed()
	}
	if err != nil {
		return user.User{}, err
	}
	return t.User(ctx, id)
}

// MovePhone implements account.Store.
func (t *Table) MovePhone(ctx context.Context, was user.User, phone string, used account.Code) (user.User, error) {
	const alias, code = 1, 3
	now := was
	now.Phone = phone
	for try := 0; ; try++ {
		tx := t.transaction().update(changeOfUser(was, now))
		if err := t.moveLogin(ctx, tx, was, now, nil); err != nil {
			return user.User{}, err
		}
		useCode(tx, used)
		failed, err := tx.commit(ctx)
		_, taken := failed[alias]
		_, unused := failed[code]
		switch {
		case taken:
			return user.User{}, fault.New(fault.PhoneTaken, "")
		case unused:
			return user.User{}, codeUsed()
		case failed != nil: // the person, or the password, has changed meanwhile
			return user.User{}, fault.New(fault.Conflict, "").WithRetryAfter(time.Second)
		case !fault.Is(err, fault.Conflict) || try == conflictTries:
			return now, err
		}
		pause(ctx, try)
	}
}

// loginItem is what a phone number opens.
type loginItem struct {
	key
	Hash string     `dynamodbav:"hash,omitempty"`
	User userFields `dynamodbav:"user"`
}

func loginToItem(l account.Login) loginItem {
	return loginItem{key: loginKey(l.Phone), Hash: l.Hash, User: userToFields(l.User)}
}

// SaveAccount implements account.Store.
func (t *Table) SaveAccount(ctx context.Context, l account.Login) error {
	tx := t.transaction().put(loginToItem(l), "", nil).put(userToItem(l.User), "", nil)
	if isAdmin(l.User) {
		tx.addAdmin(l.User.ID)
	}
	_, err := tx.commit(ctx)
	return err
}

// Agent implements ticket.People.
func (t *Table) Agent(ctx context.Context, id string) (ticket.Person, error) {
	u, err := t.User(ctx, id)
	if err == nil && !u.Role.Staff() {
		err = fault.New(fault.UserNotFound, "")
	}
	return ticket.Person{ID: u.ID, Name: u.Name}, err
}
