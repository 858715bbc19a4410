// Package account lets people in: one-time codes, sign-up, login, sessions and
// the profile. It knows no technology; pkg/table keeps what it keeps.
package account

import (
	"context"
	"io"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// Store keeps accounts, codes, sessions and the counters of the limits.
type Store interface {
	// PutCode stores a code unless a younger one than `newer` stands for the
	// number and purpose; then it returns when that one was sent.
	PutCode(ctx context.Context, c Code, newer time.Time) (sentAt time.Time, stored bool, err error)

	// DropCode forgets a code that could not be sent.
	DropCode(ctx context.Context, c Code) error

	// TryCode counts one try on a code before it is compared, so that however
	// many tries run at once, no more than most are ever compared.
	// found is false when there is no live code; locked when its tries are used up.
	TryCode(ctx context.Context, numberMAC, purpose string, most int) (c Code, found, locked bool, err error)

	// Count adds one to a counter of the window and returns the new value.
	Count(ctx context.Context, c Counter) (int, error)

	// Login reads the login of a number, in one trip. found is false for an
	// unknown number, of which only Tries may be known.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// CountTry counts one password that is tried on a number in a window that
	// has begun then. counted is false when the window has had its most.
	CountTry(ctx context.Context, phone string, window time.Time, most int) (counted bool, err error)

	// ForgetTries is for a number whose password was right.
	ForgetTries(ctx context.Context, phone string) error

	// SignUp writes login, user and session and uses up the code, all or
	// nothing. Errors: phone_taken, code_wrong (used meanwhile).
	SignUp(ctx context.Context, l Login, s Session, used Code) error

	// AddSession stores a session; used is the code it was opened with, nil
	// for a password. Errors: code_wrong (used meanwhile).
	AddSession(ctx context.Context, s Session, used *Code) error

	// Rotate replaces the current token hash by next, in one trip. When
	// current is not the hash, rotated is false and s is what stands; found is
	// false when the session has ended.
	Rotate(ctx context.Context, userID, family, current, next string, now time.Time) (s Session, rotated, found bool, err error)

	// EndSession removes a session of the user; if hash is not "", only when
	// that is its current or previous token hash. ended is false when there
	// was none.
	EndSession(ctx context.Context, userID, family, hash string) (ended bool, err error)

	// Sessions reads a page of the user's live sessions, newest first, behind
	// a family; more says whether others follow.
	Sessions(ctx context.Context, userID, after string, limit int) (page []Session, more bool, err error)

	// ResetPassword writes the hash of the login, removes all sessions of its
	// user, revokes what was issued until a time and uses up the code, all or
	// nothing. Errors: code_wrong (used meanwhile), conflict.
	ResetPassword(ctx context.Context, l Login, used Code, at time.Time) error

	// VerifyEmail marks the address of a user as confirmed and uses up the
	// code, all or nothing. Errors: code_wrong (used, or another address now).
	VerifyEmail(ctx context.Context, userID, email string, used Code) (user.User, error)

	// MovePhone moves user and login to a number and uses up the code, all or
	// nothing. Errors: phone_taken, code_wrong (used meanwhile), conflict.
	MovePhone(ctx context.Context, was user.User, phone string, used Code) (user.User, error)

	// Revoke notes which access tokens are void: those of a user, or of a session
	// family. Functions know within five seconds (and the lag of an eventually
	// consistent read); the answer is token_expired, so a client whose session
	// still stands refreshes and goes on with what is true.
	Revoke(ctx context.Context, subject string, r user.Revocation) error

	// User reads a user. Errors: user_not_found.
	User(ctx context.Context, id string) (user.User, error)

	// SaveAccount writes login and user as they are given. An administrator is
	// counted as one from then on; it takes that from nobody.
	SaveAccount(ctx context.Context, l Login) error

	// UpdateUser changes a user and returns it as it is then. Errors: user_not_found.
	UpdateUser(ctx context.Context, id string, p Patch) (user.User, error)
}

// Files finds the pictures people give themselves.
type Files interface {
	// Attachment reads one. Errors: attachment_not_found.
	Attachment(ctx context.Context, id string) (attachment.Attachment, error)
	// KeepAttachment keeps one that would go away for being unused.
	KeepAttachment(ctx context.Context, id string) error
}

// Texter sends an SMS to an E.164 number.
type Texter interface {
	Send(ctx context.Context, to, text string) error
}

// Login is what a number opens: the password and the person behind it.
type Login struct {
	Phone string
	Hash  string // argon2id; "" while there is only login by code
	User  user.User
	// Tries is when the last window began in which a password was tried in
	// vain; zero when that has been forgotten, or has never been.
	Tries time.Time
}

// Counter is one fixed window of a limit.
type Counter struct {
	Scope  string // what is counted, and for whom
	Window time.Duration
	Start  time.Time // of the window
}

// Limits are the numbers that guard codes and logins.
type Limits struct {
	// PerAddress bounds codes, and failed logins, from one network address in
	// ten minutes. Mobile operators put many people behind one address.
	PerAddress int
}

const (
	codeLife      = 5 * time.Minute
	codeTries     = 5
	codePause     = 60 * time.Second // between two codes to one number
	codesPerDay   = 30               // to one number
	codesGlobally = 10_000           // in ten minutes: bounds the bill of an attack
	failsPerPhone = 10               // failed passwords on one number in ten minutes
	limitWindow   = 10 * time.Minute

	// SessionLife is how long a session lives without being used.
	SessionLife = 30 * 24 * time.Hour
	// grace is how long the last refresh token is answered again with the same
	// successor: the answer may have been lost on the way.
	grace = 10 * time.Second
)

// Service is the front desk for people. Fields that a function does not use
// may be nil.
type Service struct {
	Store  Store
	Files  Files
	Texter Texter
	Mailer Mailer // nil where no mail is sent
	Edge   auth.Edge
	// Issuer signs access tokens. It is asked for at the first use because the
	// private key has to be fetched.
	Issuer func(ctx context.Context) (*auth.Issuer, error)
	Now    func() time.Time
	NewID  func() string
	Random io.Reader
	Region string // where a number without a country code is from
	Limits Limits
	// Addresses that have guessed too much; nil where no password is looked at.
	Addresses *Addresses
}

// Caller is where an anonymous request comes from.
type Caller struct {
	Address string // network address
	Device  string // user agent
	Locale  string // language asked for
	Cookie  bool   // a browser, which keeps its session in a cookie
}

// Tokens are the keys to a session.
type Tokens struct {
	User      user.User
	Access    string
	Refresh   string
	ExpiresIn int // seconds that Access lives, or an unused Cookie
	// Cookie is what a browser keeps in place of the other two.
	Cookie string
}
