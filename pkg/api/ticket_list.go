package api

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// ListTickets returns the endpoint GET /tickets: a customer's tickets, or for staff all
// tickets that match the filters. zone is the time zone of dates without ?timezone.
func ListTickets(tickets *ticket.Service, zone *time.Location) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.ticketQuery(zone)
		if err != nil {
			return Response{}, err
		}
		noTerms := r.searchText() != "" && q.Terms == nil
		return listPage(r, r.ticketScope(q), r.viewTicket, func(limit int, from map[string]string) ([]ticket.Ticket, map[string]string, bool, error) {
			if noTerms {
				return nil, nil, false, nil
			}
			q.Limit = limit
			found, next, err := tickets.Store.ListTickets(ctx, q, from)
			return found, next, next != nil, err
		})
	})
}

// ticketScope returns the cursor scope of a query. Every filter and the order are part of it.
func (r *Request) ticketScope(q ticket.Query) string {
	q.Terms, q.Limit = nil, 0
	scope, err := json.Marshal(q)
	if err != nil { // a time of a year above 9999, which timeRange rejects
		return ""
	}
	return "tickets " + string(scope) + " " + r.query.Get("q")
}

// ticketQuery reads the filters and the order. An empty filter is invalid. Customers are
// limited to their own tickets. It fails with bad_request.
func (r *Request) ticketQuery(zone *time.Location) (q ticket.Query, err error) {
	staff := r.Principal.Role.IsStaff()
	if !staff {
		q.CustomerID = r.Principal.UserID
	}
	for _, read := range []func() error{
		func() error { return r.customers(&q) },
		func() (err error) { q.Statuses, err = r.statuses(staff); return },
		func() (err error) { q.CategoryIDs, err = r.ids("category", "the id of a category"); return },
		func() (err error) { q.Priorities, err = r.priorities(); return },
		func() error { return r.tags(&q) },
		func() (err error) { q.AssigneeID, err = r.assignee(); return },
		func() (err error) { q.UnreadFor, err = r.unreadFor(); return },
		func() (err error) { q.From, q.To, err = r.timeRange(zone); return },
		func() error { return checkSearch(r.searchText()) },
		func() (err error) { q.Sort, err = r.sort(staff); return },
	} {
		if err := read(); err != nil {
			return q, err
		}
	}
	q.Terms, q.From, q.To = search.Parse(r.searchText()), q.From.UTC(), q.To.UTC()
	return q, nil
}

// maxFilterValues bounds the values of one filter.
const maxFilterValues = 20

// values returns the comma-separated values of a filter, nil if it is not given. Returns
// bad_request.
func (r *Request) values(name string) ([]string, error) {
	if !r.query.Has(name) {
		return nil, nil
	}
	values := strings.Split(r.query.Get(name), ",")
	if len(values) > maxFilterValues {
		return nil, errQuery(name, "too_many", name+" must have at most 20 values.")
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// ids returns a filter of ids. what describes one. It fails with bad_request.
func (r *Request) ids(name, what string) ([]string, error) {
	values, err := r.values(name)
	for i, value := range values {
		parsed, ok := id.Parse(value)
		if !ok {
			return nil, errQuery(name, "invalid", name+" must be "+what+".")
		}
		values[i] = parsed
	}
	return values, err
}

// customers reads ?customer, which is for staff. It fails with bad_request.
func (r *Request) customers(q *ticket.Query) (err error) {
	if r.query.Has("customer") && !r.Principal.Role.IsStaff() {
		return errQuery("customer", "not_allowed", "customer is a filter for staff.")
	}
	q.CustomerIDs, err = r.ids("customer", "the id of a customer")
	return err
}

// priorities returns the priorities of ?priority. It fails with bad_request.
func (r *Request) priorities() (out []ticket.Priority, err error) {
	values, err := r.values("priority")
	for _, value := range values {
		if p := ticket.Priority(value); p.Valid() {
			out = append(out, p)
			continue
		}
		return nil, errQuery("priority", "not_allowed", "priority must be one of low, medium, high, urgent.")
	}
	return out, err
}

// tags reads ?tag, as tags are compared. Customers see no tags, so it matches none of their
// tickets. It fails with bad_request.
func (r *Request) tags(q *ticket.Query) error {
	values, err := r.values("tag")
	for _, tag := range values {
		var v wire.Validator
		if v.Text("?tag", &tag, 1, maxTagLength, false); v.Err() != nil {
			return errQuery("tag", "invalid", "tag must be a tag, of at most 40 characters.")
		}
		q.Tags = append(q.Tags, search.NameKey(tag))
	}
	if len(q.Tags) > 0 && !r.Principal.Role.IsStaff() {
		q.Tags, q.Statuses = nil, []ticket.Status{statusNone}
	}
	return err
}

// unreadFor returns the caller if ?unread=true, else "". It fails with bad_request.
func (r *Request) unreadFor() (string, error) {
	switch value := r.query.Get("unread"); {
	case value == "true":
		return r.Principal.UserID, nil
	case value == "false", !r.query.Has("unread"):
		return "", nil
	}
	return "", errQuery("unread", "not_allowed", "unread must be true or false.")
}

// maxSearchRunes is the maximum length of ?q= in runes.
const maxSearchRunes = 200

// searchText returns ?q=, cleaned as the texts that it is compared with. If nothing else is left
// of it, it has no terms, and is not "".
func (r *Request) searchText() string {
	text := strings.TrimSpace(r.query.Get("q"))
	return cmp.Or(wire.CleanLine(text), text)
}

// checkSearch checks the length of ?q=. It fails with bad_request.
func checkSearch(text string) error {
	if utf8.RuneCountInString(text) > maxSearchRunes || search.TooMany(text) {
		return errQuery("q", "too_long", "q must have at most 10 terms and 200 characters.")
	}
	return nil
}

// statusNone is a filter that matches no ticket.
const statusNone ticket.Status = "none"

// statuses returns the comma-separated statuses of ?status=. Customers see on_hold as open, so
// their filter open includes it and their filter on_hold matches nothing. It fails with bad_request.
func (r *Request) statuses(staff bool) ([]ticket.Status, error) {
	values, err := r.values("status")
	if err != nil {
		return nil, err
	}
	var out []ticket.Status
	for _, name := range values {
		s := ticket.Status(name)
		if !s.Valid() {
			return nil, errQuery("status", "not_allowed", "status must be one of new, open, pending, on_hold, resolved, closed.")
		}
		switch {
		case !staff && s == ticket.StatusOpen:
			out = append(out, ticket.StatusOpen, ticket.StatusOnHold)
		case !staff && s == ticket.StatusOnHold:
			out = append(out, statusNone)
		default:
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// assignee returns the user id of ?assignee=, or ticket.Unassigned. It fails with bad_request.
func (r *Request) assignee() (string, error) {
	switch value := r.query.Get("assignee"); {
	case value == "me":
		return r.Principal.UserID, nil
	case !r.query.Has("assignee"), value == ticket.Unassigned:
		return value, nil
	default:
		if parsed, ok := id.Parse(value); ok {
			return parsed, nil
		}
	}
	return "", errQuery("assignee", "invalid", "assignee must be me, none or the id of a user.")
}

// sort returns the order of ?sort=. It fails with bad_request.
func (r *Request) sort(staff bool) (ticket.Sort, error) {
	given := r.query.Has("sort")
	switch s := ticket.Sort(r.query.Get("sort")); {
	case !given && staff && !r.query.Has("customer"):
		return ticket.SortWaiting, nil
	case !given:
		return ticket.SortActivity, nil
	case s == ticket.SortActivity, s == ticket.SortCreated, s == ticket.SortWaiting && staff:
		return s, nil
	}
	return "", errQuery("sort", "not_allowed", "sort must be one of -lastActivityAt, -createdAt and, for staff, waiting.")
}
