package api

import (
	"context"
	"fmt"
	"net/http"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/ticket"
)

// EntryPublisher pushes a new entry to the WebSocket connections that may read it.
type EntryPublisher interface {
	// PublishEntry sends e to all subscribers of tk but the connection except. Failures are logged.
	PublishEntry(ctx context.Context, tk ticket.Ticket, e ticket.Entry, except string)
}

// PostMessage is POST /tickets/{id}/messages.
func PostMessage(tickets *ticket.Service, publisher EntryPublisher) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in wire.MessageInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		m, err := in.ToMessage(r.pathID())
		if err != nil {
			return Response{}, err
		}
		result, err := tickets.Post(ctx, r.Principal, m)
		if err != nil {
			return Response{}, err
		}
		if !result.Created {
			return ok(wire.ViewEntry(result.Entry, r.Principal.Role)), nil
		}
		publisher.PublishEntry(ctx, result.Ticket, result.Entry, "")
		return Response{Status: http.StatusCreated, Body: wire.ViewEntry(result.Entry, r.Principal.Role)}, nil
	}}
}

// ListMessages is GET /tickets/{id}/messages: messages, and notes for staff.
func ListMessages(tickets *ticket.Service) Endpoint { return listEntries(tickets, true) }

// ListHistory is GET /tickets/{id}/history: every kind of entry.
func ListHistory(tickets *ticket.Service) Endpoint { return listEntries(tickets, false) }

type entryPageView struct {
	page[wire.EntryView]
	LastSeq int `json:"lastSeq"`
}

// entryCursor is where the next page of a log begins.
type entryCursor struct {
	After, Before int
}

func listEntries(tickets *ticket.Service, messagesOnly bool) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		name := fmt.Sprintf("entries %s %v", r.pathID(), messagesOnly)
		p, err := r.entryQuery(name)
		if err != nil {
			return Response{}, err
		}
		p.MessagesOnly = messagesOnly
		page, err := tickets.Entries(ctx, r.Principal, r.pathID(), p)
		if err != nil {
			return Response{}, err
		}
		out := entryPageView{LastSeq: page.LastSeq}
		out.Data = wire.ViewEntries(page.Entries, r.Principal.Role)
		if page.HasMore {
			out.Page = pageInfo{HasMore: true, Next: sealCursor(r, name, nextEntryCursor(page.Entries, p))}
		}
		return ok(out), nil
	}}
}

// entryQuery reads after, before, limit and cursor. Without any of the first
// two the page is the newest one, and the next ones go back in time.
func (r *Request) entryQuery(name string) (ticket.EntryQuery, error) {
	limit, err := r.limit()
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	after, forward, err := r.intParam("after")
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	before, backward, err := r.intParam("before")
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	if forward && backward {
		return ticket.EntryQuery{}, errQuery("before", "not_together", "Send after or before, not both.")
	}
	if backward && before == 0 {
		return ticket.EntryQuery{}, errQuery("before", "out_of_range", "before is a seq, from 1 on.")
	}
	at, given, err := openCursor[entryCursor](r, name)
	if err != nil {
		return ticket.EntryQuery{}, err
	}
	if given {
		after, before, forward = at.After, at.Before, at.Before == 0
	}
	return ticket.EntryQuery{After: after, Before: before, Limit: limit, Backward: !forward}, nil
}

func nextEntryCursor(entries []ticket.Entry, p ticket.EntryQuery) entryCursor {
	if p.Backward {
		return entryCursor{Before: entries[0].Seq}
	}
	return entryCursor{After: entries[len(entries)-1].Seq}
}
