package api

import "ticketsystem/pkg/api/wire"

// page is the body of a list response.
type page[T any] struct {
	Data []T      `json:"data"`
	Page pageInfo `json:"page"`
}

type pageInfo struct {
	Next    string `json:"next,omitempty"`
	HasMore bool   `json:"hasMore"`
}

// listPage reads ?limit and ?cursor, loads one page and seals the cursor of the next page.
//
// scope names the list and all parameters that select or order its items; a cursor is valid
// for one scope. load gets the zero position for the first page and returns at most limit
// items, the position of the next page, and whether there is one. Returns bad_request,
// bad_cursor and the errors of load.
func listPage[P, T, V any](
	r *Request, scope string, view func(T) V, load func(limit int, from P) (items []T, next P, more bool, err error),
) (page[V], error) {
	limit, err := r.limit()
	if err != nil {
		return page[V]{}, err
	}
	from, err := openCursor[P](r, scope)
	if err != nil {
		return page[V]{}, err
	}
	items, next, more, err := load(limit, from)
	if err != nil {
		return page[V]{}, err
	}
	out := page[V]{Data: wire.MapSlice(items, view)}
	if more {
		out.Page = pageInfo{Next: sealCursor(r, scope, next), HasMore: true}
	}
	return out, nil
}

// trimPage cuts a list that was read with limit+1 items, and returns the position of the
// next page.
func trimPage[T any](items []T, limit int, position func(T) string) (trimmed []T, next string, more bool) {
	if len(items) <= limit {
		return items, "", false
	}
	return items[:limit], position(items[limit-1]), true
}
