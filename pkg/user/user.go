package user

import "ticketsystem/pkg/locale"

import "time"

// User is a person with an account.
type User struct {
	ID            string
	Phone         string // E.164
	Role          Role
	Name          string
	Email         string
	EmailVerified bool
	Province      string // id of pkg/geo
	City          string // id of pkg/geo
	PictureID     string // attachment
	Locale        string // "en" or "fa"
	Notifications NotificationPreferences
	Disabled      bool // may not come in until an administrator lets them again
	CreatedAt     time.Time
}

// DeletedName stands where the name of a removed person stood. Nobody can have
// it: names hold no control characters. Views show it in the reader's language.
const DeletedName = "\x7fremoved"

// DisplayName is a name as it is shown to somebody who reads that language.
func DisplayName(name, language string) string {
	if name != DeletedName {
		return name
	}
	return locale.Pick(language, "Removed user", "کاربر حذف‌شده")
}

// NotificationPreferences are the channels a person wants notifications on, besides the app.
type NotificationPreferences struct {
	Email bool
	SMS   bool
}

// Principal is the person as a request's actor in the given session.
func (u User) Principal(session string) Principal {
	return Principal{UserID: u.ID, Role: u.Role, Name: u.Name, Phone: u.Phone, Locale: u.Locale, Session: session}
}
