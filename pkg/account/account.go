// Package account implements sign-up, login, sessions, one-time codes, profiles
// and user administration. The package does not depend on AWS.
package account

import (
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Store is the store of all services of this package. Store implementations have one
// type for all domain packages; a service takes only the interface that it uses.
type Store interface {
	OTPStore
	AuthStore
	TokenStore
	CredentialStore
	ProfileStore
	UserDirectoryStore
}

// Login is the login of a phone number: the password hash and the user.
type Login struct {
	Phone string // E.164
	Hash  string // argon2id; "" if the user can log in by code only
	User  user.User
	// FailureWindow is the start of the last rate window with a recorded login
	// attempt. It is zero if no attempt was recorded or the record was cleared.
	FailureWindow time.Time
	// BlockedUntil is when the user may log in again who started too many sessions.
	BlockedUntil time.Time
	// MaxSessions is how many sessions that user may start in an hour.
	MaxSessions int
}

// checkBlock fails with rate_limited until BlockedUntil.
func (l Login) checkBlock(now time.Time) error {
	if wait := l.BlockedUntil.Sub(now); wait > 0 {
		return apperr.New(apperr.RateLimited, "Too many sessions were started.").WithRetryAfter(wait).
			WithQuota(apperr.Quota{Name: "sessions", Max: l.MaxSessions, Window: time.Hour})
	}
	return nil
}

// Caller describes the client of a request.
type Caller struct {
	IP        string
	UserAgent string
	Locale    string // requested language, "" if none
	UserID    string // the signed-in user, "" if none
	UseCookie bool   // the client is a browser and keeps its session in a cookie
	Device    string // its device cookie, "" if none
}

// Tokens are the credentials of a session. Either Access and Refresh are set, or
// Cookie.
type Tokens struct {
	User      user.User
	Access    string
	Refresh   string
	ExpiresIn int // lifetime of Access, or of an unused Cookie, in seconds
	Cookie    string
	Device    string // device cookie; "" after a refresh
}

// newUser returns a user with the default settings. An empty language is English.
func newUser(id, phone, name string, role user.Role, language string, now time.Time) user.User {
	if language == "" {
		language = locale.English
	}
	return user.User{
		ID: id, Phone: phone, Role: role, Name: name, Locale: language,
		Notifications: user.NotificationPreferences{Email: true, SMS: true, Push: true}, CreatedAt: now,
	}
}
