package api

import (
	"encoding/json"
	"time"

	"ticketsystem/pkg/apperr"
)

// cursorTTL is the lifetime of a cursor.
const cursorTTL = 24 * time.Hour

// cursor is the plain text of a sealed cursor.
type cursor[P any] struct {
	At      P     `json:"a"`
	Expires int64 `json:"e"`
}

// sealCursor encrypts a position. The cursor is valid for this user and scope only.
func sealCursor[P any](r *Request, scope string, at P) string {
	plain, err := json.Marshal(cursor[P]{at, r.now().Add(cursorTTL).Unix()})
	if err != nil {
		panic(err) // positions consist of strings and numbers
	}
	return r.key.Seal("cursor", plain, []byte(r.Principal.UserID+"\n"+scope))
}

// openCursor returns the position of ?cursor=, the zero value if it is missing. Returns
// bad_cursor if the cursor is invalid, expired, or belongs to another user or scope.
func openCursor[P any](r *Request, scope string) (at P, err error) {
	if !r.query.Has("cursor") {
		return at, nil
	}
	var c cursor[P]
	plain, err := r.key.Open("cursor", r.query.Get("cursor"), []byte(r.Principal.UserID+"\n"+scope))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil || c.Expires < r.now().Unix() {
		return at, apperr.Wrap(apperr.BadCursor, err).WithFields(apperr.Field{
			Pointer: "?cursor", Code: "invalid", Message: "The cursor does not belong to this list or has expired."})
	}
	return c.At, nil
}
