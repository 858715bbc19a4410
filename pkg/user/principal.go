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
	// IssuedAt is when that was said: a Revocation since then may void it.
	IssuedAt time.Time
}

// Revocation says that what was issued until a time is void, unless it carries
// the rights of now. So it may be said again later: who has come back meanwhile
// stays in.
type Revocation struct {
	At    time.Time
	Role  Role   // the rights of now; "" when there are none
	Phone string // E.164
}

// Permits says whether p carries the rights of now.
func (r Revocation) Permits(p Principal) bool {
	return r.Role != "" && p.Role == r.Role && p.Phone == r.Phone
}

// Revokes says whether what p came with is void.
func (r Revocation) Revokes(p Principal) bool { return !r.Permits(p) && !p.IssuedAt.After(r.At) }
