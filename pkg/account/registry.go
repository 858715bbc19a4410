package account

import (
	"context"
	"io"
	"slices"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// Ledger keeps people as administrators know them. Each change is written with
// its audit record, all or nothing, and only while the person's rights are
// those that were read; else it errors with fault.Conflict.
type Ledger interface {
	// User reads one. Errors: user_not_found.
	User(ctx context.Context, id string) (user.User, error)
	// Login finds whoever has the number.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)
	// Users reads a page of people, the newest first; role "" is everybody.
	Users(ctx context.Context, role user.Role, limit int, cursor map[string]string) (people []user.User, next map[string]string, err error)
	// UsersByID reads people in this order; missing ones are left out.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
	// SearchUsers finds people by words of name, phone and e-mail, the newest
	// first; more may come where next is not nil.
	SearchUsers(ctx context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error)

	// AddUser writes a new person. Errors: phone_taken.
	AddUser(ctx context.Context, l Login, r audit.Record) error
	// ChangeUser changes a person; hash is a new password's, nil to keep the
	// old one. Errors: phone_taken, last_admin.
	ChangeUser(ctx context.Context, was, now user.User, hash *string, r audit.Record) error
	// RemoveUser removes person and login. Errors: last_admin.
	RemoveUser(ctx context.Context, was user.User, r audit.Record) error
}

// Registry is the book of people, as administrators keep it.
type Registry struct {
	Ledger Ledger
	Keeper *Keeper
	Pen    audit.Pen
	Random io.Reader
	Region string // where a number without a country code is from
}

// NewPerson is somebody whom an administrator enters. It has been validated
// but for phone and password.
type NewPerson struct {
	Phone    string
	Role     user.Role // "" means user
	Name     string
	Email    string
	Password string // "" leaves login by code
	Locale   string // "" means en
	Disabled bool
}

// Edit is what an administrator changes about a person; nil leaves a field as
// it is.
type Edit struct {
	Phone    *string
	Role     *user.Role
	Name     *string
	Email    *string
	Password *string
	Disabled *bool
}

// Find reads a person. Errors: user_not_found.
func (g *Registry) Find(ctx context.Context, userID string) (user.User, error) {
	if !id.Valid(userID) {
		return user.User{}, fault.New(fault.UserNotFound, "")
	}
	return g.Ledger.User(ctx, userID)
}

// Wanted says who is looked for.
type Wanted struct {
	Role  user.Role // "" for any
	Text  string    // an id, a phone number, or words; "" for everybody
	Limit int
}

// List reads a page of people, the newest first. cursor is nil for the first
// page, next behind the last.
func (g *Registry) List(ctx context.Context, w Wanted, cursor map[string]string) (people []user.User, next map[string]string, err error) {
	if w.Text == "" {
		return g.Ledger.Users(ctx, w.Role, w.Limit, cursor)
	}
	if cursor == nil {
		ids, err := g.ids(ctx, w.Text)
		if err != nil {
			return nil, nil, err
		}
		if people, err = g.ofRole(ctx, w.Role, ids); err != nil || len(people) > 0 {
			return people, nil, err
		}
	}
	return g.search(ctx, w, cursor)
}

// searchRounds bounds how often a search goes on because a role passed over
// those whom it found.
const searchRounds = 10

// search finds people by their words.
func (g *Registry) search(ctx context.Context, w Wanted, cursor map[string]string) (people []user.User, next map[string]string, err error) {
	terms := search.Parse(w.Text)
	if len(terms) == 0 {
		return nil, nil, nil
	}
	for range searchRounds {
		ids, behind, err := g.Ledger.SearchUsers(ctx, terms, w.Limit-len(people), cursor)
		if err != nil {
			return nil, nil, err
		}
		some, err := g.ofRole(ctx, w.Role, ids)
		if err != nil {
			return nil, nil, err
		}
		people, cursor = append(people, some...), behind
		if cursor == nil || len(people) == w.Limit {
			break
		}
	}
	return people, cursor, nil
}

// ofRole reads people and keeps those of a role; role "" is any.
func (g *Registry) ofRole(ctx context.Context, role user.Role, ids []string) ([]user.User, error) {
	people, err := g.Ledger.UsersByID(ctx, ids)
	return slices.DeleteFunc(people, func(u user.User) bool { return role != "" && u.Role != role }), err
}

// ids finds whom a text names exactly.
func (g *Registry) ids(ctx context.Context, text string) ([]string, error) {
	if wanted, ok := id.Parse(text); ok {
		return []string{wanted}, nil
	}
	number, err := phone.Normalise(text, g.Region)
	if err != nil {
		return nil, nil //nolint:nilerr // it is a text to look for, not an entry
	}
	login, known, err := g.Ledger.Login(ctx, number)
	if err != nil || !known {
		return nil, err
	}
	return []string{login.User.ID}, nil
}

// Add enters a new person. Errors: invalid_body (phone), weak_password, phone_taken.
func (g *Registry) Add(ctx context.Context, by audit.Actor, p NewPerson) (user.User, error) {
	number, err := normalise(p.Phone, g.Region)
	if err != nil {
		return user.User{}, err
	}
	hash, err := g.hash(p.Password, number)
	if err != nil {
		return user.User{}, err
	}
	u := user.User{
		ID: g.Pen.NewID(), Phone: number, Role: p.Role, Name: p.Name, Email: p.Email, Locale: p.Locale, Disabled: p.Disabled,
		Notify: user.Choices{Email: true, SMS: true}, CreatedAt: g.Pen.Now(),
	}
	if u.Role == "" {
		u.Role = user.RoleUser
	}
	if u.Locale == "" {
		u.Locale = "en"
	}
	r := g.Pen.Note(by, audit.UserCreated, u.ID, nil, facts(u))
	return u, fault.Again(ctx, func() error { return g.Ledger.AddUser(ctx, Login{Phone: number, Hash: hash, User: u}, r) })
}

// Change edits a person. A change of rights is enforced before it returns:
// tokens and sockets that carry the old ones end, and for somebody who is
// disabled, or has a new password, the sessions too.
//
// Errors: user_not_found, invalid_body (phone), weak_password, phone_taken, last_admin.
func (g *Registry) Change(ctx context.Context, by audit.Actor, userID string, e Edit) (now user.User, err error) {
	var was user.User
	var hash *string
	err = fault.Again(ctx, func() error {
		if was, err = g.Find(ctx, userID); err != nil {
			return err
		}
		if now, err = edited(was, e, g.Region); err != nil {
			return err
		}
		if e.Password != nil && hash == nil {
			made, err := g.hash(*e.Password, now.Phone)
			if err != nil {
				return err
			}
			hash = &made
		}
		before, after := audit.Changed(facts(was), facts(now))
		if hash != nil {
			after["password"] = "changed"
		}
		if len(after) == 0 {
			return nil
		}
		return g.Ledger.ChangeUser(ctx, was, now, hash, g.Pen.Note(by, audit.UserChanged, userID, before, after))
	})
	if err != nil {
		return user.User{}, err
	}
	switch {
	case now.Disabled != was.Disabled, hash != nil: // let in again, nothing of before counts
		err = g.Keeper.Shut(ctx, userID, true)
	case now.Role != was.Role, now.Phone != was.Phone:
		err = g.Keeper.Shut(ctx, userID, false)
	}
	return now, err
}

// Remove takes a person out of the book: nobody signs in as them any more, and
// their number may sign up anew.
//
// Errors: user_not_found, last_admin.
func (g *Registry) Remove(ctx context.Context, by audit.Actor, userID string) error {
	err := fault.Again(ctx, func() error {
		was, err := g.Find(ctx, userID)
		if err != nil {
			return err
		}
		return g.Ledger.RemoveUser(ctx, was, g.Pen.Note(by, audit.UserRemoved, userID, facts(was), nil))
	})
	if err != nil {
		return err
	}
	return g.Keeper.Shut(ctx, userID, true)
}

func edited(u user.User, e Edit, region string) (user.User, error) {
	if e.Phone != nil {
		number, err := normalise(*e.Phone, region)
		if err != nil {
			return u, err
		}
		u.Phone = number
	}
	if e.Role != nil {
		u.Role = *e.Role
	}
	if e.Name != nil {
		u.Name = *e.Name
	}
	if e.Email != nil && *e.Email != u.Email {
		u.Email, u.EmailVerified = *e.Email, false
	}
	if e.Disabled != nil {
		u.Disabled = *e.Disabled
	}
	return u, nil
}

// facts are what the audit log says of a person.
func facts(u user.User) audit.Facts {
	return audit.Facts{"phone": u.Phone, "role": string(u.Role), "name": u.Name, "email": u.Email, "disabled": u.Disabled}
}

func (g *Registry) hash(password, number string) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return "", err
	}
	return auth.Hash(password, g.Random)
}
