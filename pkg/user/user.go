package user

import (
	"time"

	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
)

// User is a user account.
type User struct {
	ID           string
	Phone        string // E.164
	PhoneVersion int    // number of changes of Phone; tokens contain it instead of the number
	PhoneSession string // the session in which the user changed Phone last, "" if an administrator did
	// PasswordVersion is the number of changes of the password, each of which ends all sessions.
	PasswordVersion int
	Role            Role
	Name            string
	Email           string
	EmailVerified   bool
	Province        string // id of pkg/geo
	City            string // id of pkg/geo
	PictureID       string // attachment
	Locale          string // "en" or "fa"
	Notifications   NotificationPreferences
	HasPush         bool // has push subscriptions
	Disabled        bool // cannot log in until an administrator enables the account
	CreatedAt       time.Time
	LastSeenAt      time.Time // to SeenInterval; zero if never. Copies of the user do not have it.
}

// SeenInterval is the precision of LastSeenAt.
const SeenInterval = 15 * time.Minute

// IsAgent reports whether the user may work on tickets: active staff.
func (u User) IsAgent() bool { return u.Role.IsStaff() && !u.Disabled }

// SameRights reports whether tokens and sessions of v describe what u may do: role, phone
// number and state of the account are equal.
func (u User) SameRights(v User) bool {
	return u.Role == v.Role && u.Phone == v.Phone && u.Disabled == v.Disabled
}

// SearchTerms returns the terms that find a user: name, e-mail address and phone number.
// The zero User has none.
func (u User) SearchTerms() []string {
	return append(search.Tokens(u.Name, u.Email), phone.SearchForms(u.Phone)...)
}

// DeletedName replaces the name of a deleted user. It is not a valid name, because names
// have no control characters. Responses contain DisplayName instead.
const DeletedName = "\x7fremoved"

// DisplayName returns the name, or a text for a deleted user in the given language.
func DisplayName(name, language string) string {
	if name != DeletedName {
		return name
	}
	return locale.Text(language, "user.removed")
}

// NotificationPreferences are the channels on which a user receives notifications
// besides the app.
type NotificationPreferences struct {
	Email    bool
	SMS      bool
	Push     bool
	PushText bool // push messages have the text of messages
}

// WithPhone returns u with a phone number (E.164), changed in a session of the user or, with
// "", by an administrator.
func (u User) WithPhone(number, session string) User {
	if u.Phone != number {
		u.Phone, u.PhoneVersion, u.PhoneSession = number, u.PhoneVersion+1, session
	}
	return u
}

// Principal returns the principal of the user in a session.
func (u User) Principal(session string) Principal {
	return Principal{UserID: u.ID, Role: u.Role, Name: u.Name, PhoneVersion: u.PhoneVersion, Locale: u.Locale, Session: session}
}
