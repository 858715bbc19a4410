package api

import (
	"encoding/json"
	"time"

	"ticketsystem/pkg/apperr"
)

// cursorTTL is how long a cursor can be used.
const cursorTTL = 24 * time.Hour

type cursor[T any] struct {
	At      T     `json:"a"`
	Expires int64 `json:"e"`
}

// sealCursor makes a cursor that works for this person and this list alone.
// list names the route and all that shapes the list.
func sealCursor[T any](r *Request, list string, at T) string {
	plain, err := json.Marshal(cursor[T]{at, r.now().Add(cursorTTL).Unix()})
	if err != nil {
		panic(err) // positions are strings and numbers
	}
	return r.key.Seal("cursor", plain, []byte(r.Principal.UserID+"\n"+list))
}

// openCursor reads ?cursor=; given is false when there is none. Errors: bad_cursor.
func openCursor[T any](r *Request, list string) (at T, given bool, err error) {
	sealed := r.query.Get("cursor")
	if !r.query.Has("cursor") {
		return at, false, nil
	}
	var c cursor[T]
	plain, err := r.key.Open("cursor", sealed, []byte(r.Principal.UserID+"\n"+list))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil || c.Expires < r.now().Unix() {
		return at, false, apperr.Wrap(apperr.BadCursor, err).WithFields(apperr.Field{
			Pointer: "?cursor", Code: "invalid", Message: "This cursor is not one of this list, or it has expired."})
	}
	return c.At, true, nil
}
