package api

import (
	"bytes"
	"encoding/json"

	"ticketsystem/pkg/api/wire"
)

// page is the body of a list response.
type page[T any] struct {
	Data []T      `json:"data"`
	Page pageInfo `json:"page"`
}

type pageInfo struct {
	Next    *string `json:"next"` // nil on the last page
	HasMore bool    `json:"hasMore"`
}

// maxPageBytes bounds the items of a page in a response. Lambda limits a response to 6 MB,
// in which the body is a JSON string.
const maxPageBytes = 5 << 20

// listPage returns the response of a list: it reads ?limit and ?cursor, loads one page and seals
// the cursor of the next page.
//
// scope names the list and all parameters that select or order its items; a cursor is valid
// for one scope. load gets the zero position for the first page and returns at most limit
// items, the position of the next page, and whether there is one. If the items exceed
// maxPageBytes, load is called again for fewer. It fails with bad_request, bad_cursor and the
// errors of load.
func listPage[P, T, V any](
	r *Request, scope string, view func(T) V, load func(limit int, from P) (items []T, next P, more bool, err error),
) (Response, error) {
	return listPageIn(r, scope, view, func(p page[V]) any { return p }, load)
}

// listPageIn is listPage for a body that contains more than the page.
func listPageIn[P, T, V any](
	r *Request, scope string, view func(T) V, body func(page[V]) any, load func(limit int, from P) (items []T, next P, more bool, err error),
) (Response, error) {
	limit, err := r.limit()
	if err != nil {
		return Response{}, err
	}
	from, err := openCursor[P](r, scope)
	if err != nil {
		return Response{}, err
	}
	for {
		items, next, more, err := load(limit, from)
		if err != nil {
			return Response{}, err
		}
		out := page[V]{Data: wire.MapSlice(items, view)}
		if more {
			out.Page = pageInfo{Next: new(sealCursor(r, scope, next)), HasMore: true}
		}
		text, err := wire.Marshal(body(out))
		if err != nil {
			return Response{}, err
		}
		fitting := len(out.Data)
		if sizeInResponse(text) > maxPageBytes {
			if fitting, err = itemsThatFit(out.Data); err != nil {
				return Response{}, err
			}
		}
		if fitting == len(out.Data) {
			return ok(json.RawMessage(text)), nil
		}
		limit = fitting
	}
}

// itemsThatFit returns how many items stay within maxPageBytes, counted from the start and
// from the end, because a list may be read in either direction. It is at least 1 if there
// are items.
func itemsThatFit[V any](items []V) (int, error) {
	sizes := make([]int, len(items))
	for i := range items {
		text, err := wire.Marshal(items[i])
		if err != nil {
			return 0, err
		}
		sizes[i] = sizeInResponse(text) + 1
	}
	first, last := 0, 0
	for n := range sizes {
		first, last = first+sizes[n], last+sizes[len(sizes)-1-n]
		if n > 0 && max(first, last) > maxPageBytes {
			return n, nil
		}
	}
	return len(items), nil
}

// sizeInResponse returns the size of JSON in the response of a function, which is JSON again:
// quotes and backslashes are escaped.
func sizeInResponse(text []byte) int {
	return len(text) + bytes.Count(text, []byte{'"'}) + bytes.Count(text, []byte{'\\'})
}

// trimPage cuts a list that was read with limit+1 items, and returns the position of the
// next page.
func trimPage[T any](items []T, limit int, position func(T) string) (trimmed []T, next string, more bool) {
	if len(items) <= limit {
		return items, "", false
	}
	return items[:limit], position(items[limit-1]), true
}
