package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// ListTickets is GET /tickets: a customer's own, or those that staff ask for.
func ListTickets(tickets *ticket.Service) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.ticketQuery()
		if err != nil {
			return Response{}, err
		}
		if strings.TrimSpace(r.query.Get("q")) != "" && q.Terms == nil {
			return ok(page[wire.TicketView]{Data: []wire.TicketView{}}), nil // there is no word in it
		}
		name := fmt.Sprintf("tickets %+v", q)
		at, _, err := openCursor[map[string]string](r, name)
		if err != nil {
			return Response{}, err
		}
		found, next, err := tickets.Store.ListTickets(ctx, q, at)
		if err != nil {
			return Response{}, err
		}
		out := page[wire.TicketView]{Data: wire.MapSlice(found, r.viewTicket)}
		if next != nil {
			out.Page = pageInfo{Next: sealCursor(r, name, next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// ticketQuery reads the filters. One that is there and empty is refused: it was
// meant to say something. Errors: bad_request.
func (r *Request) ticketQuery() (ticket.Query, error) {
	staff := r.Principal.Role.IsStaff()
	q := ticket.Query{CategoryID: r.query.Get("category"), Priority: ticket.Priority(r.query.Get("priority"))}
	var err error
	if q.Limit, err = r.limit(); err != nil {
		return q, err
	}
	if q.Statuses, err = r.statuses(staff); err != nil {
		return q, err
	}
	if r.query.Has("priority") && !q.Priority.Valid() {
		return q, errQuery("priority", "not_allowed", "priority is one of low, medium, high, urgent.")
	}
	if r.query.Has("category") && !id.Valid(q.CategoryID) {
		return q, errQuery("category", "invalid", "category is the id of a category.")
	}
	if q.AssigneeID, err = r.assignee(); err != nil {
		return q, err
	}
	if q.Terms, err = r.terms(); err != nil {
		return q, err
	}
	if !staff {
		q.CustomerID = r.Principal.UserID
	}
	q.Sort, err = r.sort(staff)
	return q, err
}

// maxSearchRunes is the length of ?q=, in characters.
const maxSearchRunes = 200

// terms reads ?q=; none when it is empty or has no words. Errors: bad_request.
func (r *Request) terms() ([]search.Terms, error) {
	text := r.query.Get("q")
	if utf8.RuneCountInString(text) > maxSearchRunes || search.TooMany(text) {
		return nil, errQuery("q", "too_long", "q has at most 10 words and 200 characters.")
	}
	return search.Parse(text), nil
}

// statuses reads one or more statuses, comma-separated. Customers know no
// on_hold: to them it is open.
func (r *Request) statuses(staff bool) ([]ticket.Status, error) {
	if !r.query.Has("status") {
		return nil, nil
	}
	var out []ticket.Status
	for name := range strings.SplitSeq(r.query.Get("status"), ",") {
		s := ticket.Status(name)
		if !s.Valid() {
			return nil, errQuery("status", "not_allowed", "status is one of new, open, pending, on_hold, resolved, closed.")
		}
		switch {
		case !staff && s == ticket.StatusOpen:
			out = append(out, ticket.StatusOpen, ticket.StatusOnHold)
		case !staff && s == ticket.StatusOnHold:
			out = append(out, "none of theirs")
		default:
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (r *Request) assignee() (string, error) {
	switch value := r.query.Get("assignee"); {
	case value == "me":
		return r.Principal.UserID, nil
	case !r.query.Has("assignee"), value == ticket.Unassigned, id.Valid(value):
		return value, nil
	}
	return "", errQuery("assignee", "invalid", "assignee is me, none or the id of a person.")
}

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
	return "", errQuery("sort", "not_allowed", "sort is one of -lastActivityAt, -createdAt and, for staff, waiting.")
}
