package user

import "time"

// Principal is the authenticated user of a request, from the access token or the
// session. The API layer has verified it.
type Principal struct {
	UserID string
	Role   Role
	Name   string
	// PhoneVersion is that of the user.
	PhoneVersion int
	// Locale is the language of texts for the user: "en" or "fa".
	Locale string
	// Session is the session family of the token.
	Session string
	// IssuedAt is when the token was issued, or the cookie was checked.
	IssuedAt time.Time
}

// Revocation revokes the access tokens that were issued until At, except tokens with
// the current rights. The exception makes a repeated revocation harmless for users who
// have logged in again.
type Revocation struct {
	At           time.Time
	Role         Role // current role; "" if the user has no access
	PhoneVersion int  // current version
	// Until is when everything that the revocation stops has ended by itself.
	Until time.Time
}

// Permits reports whether p has the current rights.
func (r Revocation) Permits(p Principal) bool {
	return r.Role != "" && p.Role == r.Role && p.PhoneVersion == r.PhoneVersion
}

// Revokes reports whether the token of p is revoked.
func (r Revocation) Revokes(p Principal) bool { return !r.Permits(p) && !p.IssuedAt.After(r.At) }
