package account

import (
	"context"
	"io"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// UserDirectoryStore reads and creates users for administrators.
type UserDirectoryStore interface {
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)
	// Login returns the login of a phone number. found is false if the number has no
	// account.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)
	// ListUsersBy returns a page of users, without regard to q.Text. next is nil after the last
	// page; another page may have fewer users than q.Limit.
	ListUsersBy(ctx context.Context, q UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error)
	// UsersByID returns users in the order of ids. Missing users are omitted.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
	// SearchUsers returns ids of users whose name, phone number or e-mail address match
	// all terms, newest first. next is nil after the last page; another page may have fewer than
	// limit, because its reads are bounded.
	SearchUsers(ctx context.Context, terms []search.Terms, limit int, cursor map[string]string) (ids []string, next map[string]string, err error)
	// CreateUser writes a login, its user and an audit record in one transaction. It
	// fails with phone_taken or conflict.
	CreateUser(ctx context.Context, l Login, r audit.Record) error
}

// PhoneTaken returns phone_taken, which names the field of the number.
func PhoneTaken() error {
	return apperr.New(apperr.PhoneTaken, "").WithFields(apperr.Field{Pointer: "/phone", Code: "phone_taken", Message: "This phone number already has an account."})
}

// UserDirectory lists and creates users for administrators.
type UserDirectory struct {
	Store         UserDirectoryStore
	Recorder      audit.Recorder
	Random        io.Reader
	DefaultRegion string // ISO 3166-1 region of phone numbers without a country code
	// StaffSecondFactor requires a password of new staff: they sign in with password and code, and
	// cannot set one by a code.
	StaffSecondFactor bool
}

// CreateUserParams describe a new user. All fields but Phone and Password are
// validated.
type CreateUserParams struct {
	Phone    string
	Role     user.Role // "" is RoleUser
	Name     string
	Email    string
	Password string // "" allows login by code only
	Locale   string // "" is English
	Disabled bool
}

// UserSort is an order of users.
type UserSort string

// The orders of users.
const (
	UsersByCreation UserSort = "createdAt"
	UsersByName     UserSort = "name"
	UsersByLastSeen UserSort = "lastSeenAt" // those never seen are the first
)

// UserQuery selects users.
type UserQuery struct {
	Role      user.Role // "" for any
	Disabled  *bool     // nil for any
	Text      string    // an id, a phone number or search terms, whose results are the newest first; "" for all users
	Sort      UserSort  // "" is by creation
	Ascending bool
	Limit     int
}

// Matches reports whether a user has the role and the state of the query.
func (q UserQuery) Matches(u user.User) bool {
	return (q.Role == "" || u.Role == q.Role) && (q.Disabled == nil || u.Disabled == *q.Disabled)
}

// Get returns a user. It fails with user_not_found.
func (d *UserDirectory) Get(ctx context.Context, userID string) (user.User, error) {
	if !id.Valid(userID) {
		return user.User{}, apperr.New(apperr.UserNotFound, "")
	}
	return d.Store.User(ctx, userID)
}

// List returns a page of users. cursor is nil for the first page; next
// is nil after the last page.
func (d *UserDirectory) List(ctx context.Context, query UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	if query.Text == "" {
		return d.Store.ListUsersBy(ctx, query, cursor)
	}
	if cursor == nil {
		ids, err := d.exactMatches(ctx, query.Text)
		if err != nil {
			return nil, nil, err
		}
		if users, err = d.matching(ctx, query, ids); err != nil || len(users) > 0 {
			return users, nil, err
		}
	}
	return d.search(ctx, query, cursor)
}

// maxSearchPages bounds the reads of a search whose results have other roles or states.
const maxSearchPages = 10

// search returns users that match the query's terms, role and state. It ends with the first search
// of the store that stopped at its limit of reads, and so found fewer users than it was asked for.
func (d *UserDirectory) search(ctx context.Context, query UserQuery, cursor map[string]string) (users []user.User, next map[string]string, err error) {
	terms := search.Parse(query.Text)
	if len(terms) == 0 {
		return nil, nil, nil
	}
	for range maxSearchPages {
		wanted := query.Limit - len(users)
		ids, nextCursor, err := d.Store.SearchUsers(ctx, terms, wanted, cursor)
		if err != nil {
			return nil, nil, err
		}
		page, err := d.matching(ctx, query, ids)
		if err != nil {
			return nil, nil, err
		}
		users, cursor = append(users, page...), nextCursor
		if cursor == nil || len(users) == query.Limit || len(ids) < wanted {
			break
		}
	}
	return users, cursor, nil
}

// matching reads users and returns those that match the query.
func (d *UserDirectory) matching(ctx context.Context, query UserQuery, ids []string) ([]user.User, error) {
	users, err := d.Store.UsersByID(ctx, ids)
	return slices.DeleteFunc(users, func(u user.User) bool { return !query.Matches(u) }), err
}

// exactMatches returns the id of the user whose id or phone number is text.
func (d *UserDirectory) exactMatches(ctx context.Context, text string) ([]string, error) {
	if userID, ok := id.Parse(text); ok {
		return []string{userID}, nil
	}
	number, err := phone.Normalize(text, d.DefaultRegion)
	if err != nil {
		return nil, nil //nolint:nilerr // the text is not a phone number but search terms
	}
	login, found, err := d.Store.Login(ctx, number)
	if err != nil || !found {
		return nil, err
	}
	return []string{login.User.ID}, nil
}

// Create creates a user. It fails with invalid_body (phone, password of staff), weak_password or
// phone_taken.
func (d *UserDirectory) Create(ctx context.Context, actor audit.Actor, params CreateUserParams) (user.User, error) {
	number, err := normalizePhone(params.Phone, d.DefaultRegion)
	if err != nil {
		return user.User{}, err
	}
	role := params.Role
	if role == "" {
		role = user.RoleUser
	}
	if params.Password == "" && d.StaffSecondFactor && role.IsStaff() {
		return user.User{}, apperr.Validation(apperr.Field{Pointer: "/password", Code: "required", Message: "Staff sign in with a password and a code."})
	}
	hash, err := d.hashPassword(params.Password, number)
	if err != nil {
		return user.User{}, err
	}
	u := newUser(d.Recorder.NewID(), number, params.Name, role, params.Locale, d.Recorder.Now())
	u.Email, u.Disabled = params.Email, params.Disabled
	r := d.Recorder.NewRecord(actor, audit.UserCreated, u.ID, nil, auditFields(u))
	return u, retry.OnConflict(ctx, retry.Default, func() error { return d.Store.CreateUser(ctx, Login{Phone: number, Hash: hash, User: u}, r) })
}

// hashPassword checks and hashes a password; "" has the hash "". It fails with
// weak_password.
func (d *UserDirectory) hashPassword(password, number string) (string, error) {
	if password == "" {
		return "", nil
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return "", err
	}
	return auth.Hash(password, d.Random)
}
