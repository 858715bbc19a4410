// Package account lets people in: one-time codes, sign-up, login, sessions and
// the profile. It knows no technology; pkg/dynamo keeps what it keeps.
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
	PutCode(ctx context.Context, c OneTimeCode, cutoff time.Time) (sentAt time.Time, stored bool, err error)

	// DeleteCode forgets a code that could not be sent.
	DeleteCode(ctx context.Context, c OneTimeCode) error

	// ConsumeCodeAttempt counts one try on a code before it is compared, so that however
	// many tries run at once, no more than most are ever compared.
	// found is false when there is no live code; locked when its tries are used up.
	ConsumeCodeAttempt(ctx context.Context, recipientMAC, purpose string, maxAttempts int) (c OneTimeCode, found, locked bool, err error)

	// IncrementCounter adds one to a counter of the window and returns the new value.
	IncrementCounter(ctx context.Context, counter RateCounter) (int, error)

	// Login reads the login of a number, in one trip. found is false for an
	// unknown number, of which only Tries may be known.
	Login(ctx context.Context, phone string) (l Login, found bool, err error)

	// RecordLoginAttempt counts one password that is tried on a number in a window that
	// has begun then. counted is false when the window has had its most.
	RecordLoginAttempt(ctx context.Context, phone string, window time.Time, maxAttempts int) (counted bool, err error)

	// ClearLoginAttempts is for a number whose password was right.
	ClearLoginAttempts(ctx context.Context, phone string) error

	// CreateAccount writes login, user and session and uses up the code, all or
	// nothing. Errors: phone_taken, code_wrong (used meanwhile).
	CreateAccount(ctx context.Context, l Login, s Session, code OneTimeCode) error

	// CreateSession stores a session; used is the code it was opened with, nil
	// for a password. Errors: code_wrong (used meanwhile).
	CreateSession(ctx context.Context, s Session, code *OneTimeCode) error

	// RotateSession replaces the current token hash by next, in one trip. When
	// current is not the hash, rotated is false and s is what stands; found is
	// false when the session has ended.
	RotateSession(ctx context.Context, userID, family, currentHash, nextHash string, now time.Time) (s Session, rotated, found bool, err error)

	// DeleteSession removes a session of the user; if hash is not "", only when
	// that is its current or previous token hash. ended is false when there
	// was none.
	DeleteSession(ctx context.Context, userID, family, hash string) (ended bool, err error)

	// ListSessions reads a page of the user's live sessions, newest first, behind
	// a family; more says whether others follow.
	ListSessions(ctx context.Context, userID, after string, limit int) (page []Session, more bool, err error)

	// ResetPassword writes the hash of the login, removes all sessions of its
	// user, revokes what was issued until a time and uses up the code, all or
	// nothing. Errors: code_wrong (used meanwhile), conflict.
	ResetPassword(ctx context.Context, l Login, code OneTimeCode, at time.Time) error

	// VerifyEmail marks the address of a user as confirmed and uses up the
	// code, all or nothing. Errors: code_wrong (used, or another address now).
	VerifyEmail(ctx context.Context, userID, email string, code OneTimeCode) (user.User, error)

	// ChangePhone moves user and login to a number and uses up the code, all or
	// nothing. Errors: phone_taken, code_wrong (used meanwhile), conflict.
	ChangePhone(ctx context.Context, old user.User, phone string, code OneTimeCode) (user.User, error)

	// AddRevocation notes which access tokens are void: those of a user, or of a session
	// family. Functions know within five seconds (and the lag of an eventually
	// consistent read); the answer is token_expired, so a client whose session
	// still stands refreshes and goes on with what is true.
	AddRevocation(ctx context.Context, subject string, r user.Revocation) error

	// User reads a user. Errors: user_not_found.
	User(ctx context.Context, id string) (user.User, error)

	// PutAccount writes login and user as they are given. An administrator is
	// counted as one from then on; it takes that from nobody.
	PutAccount(ctx context.Context, l Login) error

	// UpdateUser changes a user and returns it as it is then. Errors: user_not_found.
	UpdateUser(ctx context.Context, id string, update ProfileUpdate) (user.User, error)
}

// AttachmentStore finds the pictures people give themselves.
type AttachmentStore interface {
	// Attachment reads one. Errors: attachment_not_found.
	Attachment(ctx context.Context, id string) (attachment.Attachment, error)
	// RetainAttachment keeps one that would go away for being unused.
	RetainAttachment(ctx context.Context, id string) error
}

// SMSSender sends an SMS to an E.164 number.
type SMSSender interface {
	Send(ctx context.Context, to, text string) error
}

// Login is what a number opens: the password and the person behind it.
type Login struct {
	Phone string
	Hash  string // argon2id; "" while there is only login by code
	User  user.User
	// FailureWindow is when the last window began in which a password was tried in
	// vain; zero when that has been forgotten, or has never been.
	FailureWindow time.Time
}

// RateCounter is one fixed window of a limit.
type RateCounter struct {
	Scope  string // what is counted, and for whom
	Window time.Duration
	Start  time.Time // of the window
}

// RateLimits are the numbers that guard codes and logins.
type RateLimits struct {
	// PerIP bounds codes, and failed logins, from one network address in
	// ten minutes. Mobile operators put many people behind one address.
	PerIP int
}

const (
	codeTTL            = 5 * time.Minute
	maxCodeAttempts    = 5
	codeResendInterval = 60 * time.Second // between two codes to one number
	maxCodesPerDay     = 30               // to one number
	maxCodesGlobal     = 10_000           // in ten minutes: bounds the bill of an attack
	maxFailedLogins    = 10               // failed passwords on one number in ten minutes
	rateWindow         = 10 * time.Minute

	// SessionTTL is how long a session lives without being used.
	SessionTTL = 30 * 24 * time.Hour
	// reuseGracePeriod is how long the last refresh token is answered again with the same
	// successor: the answer may have been lost on the way.
	reuseGracePeriod = 10 * time.Second
)

// Auth is the front desk for people. Fields that a function does not use
// may be nil.
type Auth struct {
	Store       Store
	Attachments AttachmentStore
	SMS         SMSSender
	Email       Mailer // nil where no mail is sent
	Key         auth.SecretKey
	// Issuer signs access tokens. It is asked for at the first use because the
	// private key has to be fetched.
	Issuer        func(ctx context.Context) (*auth.Issuer, error)
	Now           func() time.Time
	NewID         func() string
	Random        io.Reader
	DefaultRegion string // where a number without a country code is from
	Limits        RateLimits
	// Blocked that have guessed too much; nil where no password is looked at.
	Blocked *BlockedAddresses
}

// Caller is where an anonymous request comes from.
type Caller struct {
	IP        string // network address
	UserAgent string // user agent
	Locale    string // language asked for
	UseCookie bool   // a browser, which keeps its session in a cookie
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
