package api

import (
	"encoding/json"
	"time"

	"ticketsystem/pkg/fault"
)

// cursorLife is how long a cursor can be used.
const cursorLife = 24 * time.Hour

type cursor[T any] struct {
	At      T     `json:"a"`
	Expires int64 `json:"e"`
}

// sealCursor makes a cursor that works for this person and this list alone.
// list names the route and all that shapes the list.
func sealCursor[T any](r *Request, list string, at T) string {
	plain, err := json.Marshal(cursor[T]{at, r.now().Add(cursorLife).Unix()})
	if err != nil {
		panic(err) // positions are strings and numbers
	}
	return r.edge.Seal("cursor", plain, []byte(r.Who.UserID+"\n"+list))
}

// openCursor reads ?cursor=; given is false when there is none. Errors: bad_cursor.
func openCursor[T any](r *Request, list string) (at T, given bool, err error) {
	sealed := r.query.Get("cursor")
	if !r.query.Has("cursor") {
		return at, false, nil
	}
	var c cursor[T]
	plain, err := r.edge.Open("cursor", sealed, []byte(r.Who.UserID+"\n"+list))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil || c.Expires < r.now().Unix() {
		return at, false, fault.Wrap(fault.BadCursor, err).WithFields(fault.Field{
			Pointer: "?cursor", Code: "invalid", Message: "This cursor is not one of this list, or it has expired."})
	}
	return c.At, true, nil
}
