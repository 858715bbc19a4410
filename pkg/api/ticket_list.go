package api

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// ListTickets returns the endpoint GET /tickets: a customer's tickets, or for staff all
// tickets that match the filters.
func ListTickets(tickets *ticket.Service) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.ticketQuery()
		if err != nil {
			return Response{}, err
		}
		if strings.TrimSpace(r.query.Get("q")) != "" && q.Terms == nil {
			return ok(page[wire.TicketView]{Data: []wire.TicketView{}}), nil // the text has no search terms
		}
		out, err := listPage(r, r.ticketScope(q), r.viewTicket, func(limit int, from map[string]string) ([]ticket.Ticket, map[string]string, bool, error) {
			q.Limit = limit
			found, next, err := tickets.Store.ListTickets(ctx, q, from)
			return found, next, next != nil, err
		})
		return ok(out), err
	})
}

// ticketScope returns the cursor scope of a query. Every filter and the order are part of it.
func (r *Request) ticketScope(q ticket.Query) string {
	scope := url.Values{
		"customer": {q.CustomerID}, "assignee": {q.AssigneeID}, "category": {q.CategoryID},
		"priority": {string(q.Priority)}, "sort": {string(q.Sort)}, "q": {r.query.Get("q")},
	}
	for _, status := range q.Statuses {
		scope.Add("status", string(status))
	}
	return "tickets " + scope.Encode()
}

// ticketQuery reads the filters and the order. An empty filter is invalid. Customers are
// limited to their own tickets. Returns bad_request.
func (r *Request) ticketQuery() (ticket.Query, error) {
	staff := r.Principal.Role.IsStaff()
	q := ticket.Query{CategoryID: r.query.Get("category"), Priority: ticket.Priority(r.query.Get("priority"))}
	var err error
	if q.Statuses, err = r.statuses(staff); err != nil {
		return q, err
	}
	if r.query.Has("priority") && !q.Priority.Valid() {
		return q, errQuery("priority", "not_allowed", "priority must be one of low, medium, high, urgent.")
	}
	if r.query.Has("category") && !id.Valid(q.CategoryID) {
		return q, errQuery("category", "invalid", "category must be the id of a category.")
	}
	if q.AssigneeID, err = r.assignee(); err != nil {
		return q, err
	}
	text := r.query.Get("q")
	if err := checkSearch(text); err != nil {
		return q, err
	}
	q.Terms = search.Parse(text)
	if !staff {
		q.CustomerID = r.Principal.UserID
	}
	q.Sort, err = r.sort(staff)
	return q, err
}

// maxSearchRunes is the maximum length of ?q= in runes.
const maxSearchRunes = 200

// checkSearch checks the length of ?q=. Returns bad_request.
func checkSearch(text string) error {
	if utf8.RuneCountInString(text) > maxSearchRunes || search.TooMany(text) {
		return errQuery("q", "too_long", "q must have at most 10 terms and 200 characters.")
	}
	return nil
}

// statusNone is a filter that matches no ticket.
const statusNone ticket.Status = "none"

// statuses returns the comma-separated statuses of ?status=. Customers see on_hold as open, so
// their filter open includes it and their filter on_hold matches nothing. Returns bad_request.
func (r *Request) statuses(staff bool) ([]ticket.Status, error) {
	if !r.query.Has("status") {
		return nil, nil
	}
	var out []ticket.Status
	for name := range strings.SplitSeq(r.query.Get("status"), ",") {
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

// assignee returns the user id of ?assignee=, or ticket.Unassigned. Returns bad_request.
func (r *Request) assignee() (string, error) {
	switch value := r.query.Get("assignee"); {
	case value == "me":
		return r.Principal.UserID, nil
	case !r.query.Has("assignee"), value == ticket.Unassigned, id.Valid(value):
		return value, nil
	}
	return "", errQuery("assignee", "invalid", "assignee must be me, none or the id of a user.")
}

// sort returns the order of ?sort=. Returns bad_request.
func (r *Request) sort(staff bool) (ticket.Sort, error) {
	given := r.query.Has("sort")
	switch s := ticket.Sort(r.query.Get("sort")); {
	case !given && staff:
		return ticket.SortWaiting, nil
	case !given:
		return ticket.SortActivity, nil
	case s == ticket.SortActivity, s == ticket.SortCreated, s == ticket.SortWaiting && staff:
		return s, nil
	}
	return "", errQuery("sort", "not_allowed", "sort must be one of -lastActivityAt, -createdAt and, for staff, waiting.")
}
