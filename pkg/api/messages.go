package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/ticket"
)

// EntryPublisher pushes a new entry to the WebSocket connections that may read it.
type EntryPublisher interface {
	// PublishEntry sends e to the subscribers of tk, except to one connection. It logs failures.
	PublishEntry(ctx context.Context, tk ticket.Ticket, e ticket.Entry, except string)
}

// PostMessage returns the endpoint POST /tickets/{id}/messages. A retry returns the entry with
// status 200 and is not published again.
func PostMessage(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in wire.MessageInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		in.ClientID = cmp.Or(in.ClientID, r.clientIDFromKey())
		m, err := in.ToMessage(r.pathID())
		if err != nil {
			return Response{}, err
		}
		result, err := tickets.Post(ctx, r.Principal, m)
		if err != nil {
			return Response{}, err
		}
		view := r.viewEntry(result.Entry)
		view.ClientID = &in.ClientID // as sent, so that the client finds its message by it
		if !result.Created {
			return ok(view), nil
		}
		publisher.PublishEntry(ctx, result.Ticket, result.Entry, "")
		return Response{Status: http.StatusCreated, Body: view}, nil
	})
}

// ListMessages returns the endpoint GET /tickets/{id}/messages. Notes are included for staff.
func ListMessages(tickets *ticket.Service) Endpoint { return listEntries(tickets, true) }

// ListHistory returns the endpoint GET /tickets/{id}/history, with all kinds of entries.
func ListHistory(tickets *ticket.Service) Endpoint { return listEntries(tickets, false) }

type entryPageView struct {
	page[wire.EntryView]
	LastSeq int `json:"lastSeq"`
}

// entryCursor is the position of the next page of a log. Exactly one field is not 0.
type entryCursor struct {
	After, Before int
}

func listEntries(tickets *ticket.Service, messagesOnly bool) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		q, err := r.entryQuery()
		if err != nil {
			return Response{}, err
		}
		q.MessagesOnly = messagesOnly
		scope := fmt.Sprintf("entries %s %v", r.pathID(), messagesOnly)
		lastSeq := 0
		body := func(p page[wire.EntryView]) any { return entryPageView{p, lastSeq} }
		return listPageIn(r, scope, r.viewEntry, body, func(limit int, from entryCursor) ([]ticket.Entry, entryCursor, bool, error) {
			q.Limit = limit
			if from != (entryCursor{}) {
				q.After, q.Before, q.Backward = from.After, from.Before, from.Before != 0
			}
			found, err := tickets.Entries(ctx, r.Principal, r.pathID(), q)
			if err != nil {
				return nil, from, false, err
			}
			lastSeq = found.LastSeq
			if !found.HasMore {
				return found.Entries, from, false, nil
			}
			if q.Backward {
				return found.Entries, entryCursor{Before: found.Next}, true, nil
			}
			return found.Entries, entryCursor{After: found.Next}, true, nil
		})
	})
}

func (r *Request) viewEntry(e ticket.Entry) wire.EntryView {
	return wire.ViewEntry(e, r.Principal.Role, r.Locale(), r.now())
}

// entryQuery reads ?after and ?before. Without both, the query returns the newest entries and
// further pages go backwards. It fails with bad_request.
func (r *Request) entryQuery() (ticket.EntryQuery, error) {
	after, forward, err := r.intParam("after", 0, ticket.MaxSeq)
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	before, backward, err := r.intParam("before", 1, ticket.MaxSeq)
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	if forward && backward {
		return ticket.EntryQuery{}, errQuery("before", "not_together", "Send either after or before, not both.")
	}
	return ticket.EntryQuery{After: after, Before: before, Backward: !forward}, nil
}
