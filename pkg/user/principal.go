package user

import "time"

// Principal is the person on whose behalf a request runs, as the access token
// or the session says. It is trusted: the edge has verified it.
type Principal struct {
	UserID string
	Role   Role
	Name   string
	// Phone is E.164.
	Phone string
	// Locale is the language of texts for this person: "en" or "fa".
	Locale string
	// Session is the id of the session family the token belongs to.
	Session string
	// IssuedAt is when that was said: what has been revoked since is void.
	IssuedAt time.Time
}
