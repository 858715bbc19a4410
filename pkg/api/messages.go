package api

import (
	"context"
	"fmt"
	"net/http"

	"ticketsystem/pkg/ticket"
)

// messageIn is a message as both doors take it.
type messageIn struct {
	ClientID      string   `json:"clientId"`
	Body          string   `json:"body"`
	AttachmentIDs []string `json:"attachmentIds"`
	Internal      bool     `json:"internal"`
	After         *int     `json:"after"`
}

// message checks what came in and makes the domain's message of it.
func (in messageIn) message(ticketID string) (ticket.Message, error) {
	var c checks
	c.ulid("/clientId", &in.ClientID)
	least := 1
	if len(in.AttachmentIDs) > 0 {
		least = 0
	}
	c.text("/body", &in.Body, least, maxText, true)
	c.ulids("/attachmentIds", in.AttachmentIDs, maxAttachments)
	after := 0
	if in.After != nil {
		after = *in.After
	}
	if after < 0 || after > ticket.MaxSeq {
		c.add("/after", "out_of_range", "This is the last seq you have seen, 0 if none.")
	}
	return ticket.Message{
		TicketID: ticketID, ClientID: in.ClientID, Body: in.Body, AttachmentIDs: in.AttachmentIDs, Internal: in.Internal, After: after,
	}, c.err()
}

// PostMessage is POST /tickets/{id}/messages.
func PostMessage(desk *ticket.Desk, news *News) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in messageIn
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		m, err := in.message(r.pathID())
		if err != nil {
			return Response{}, err
		}
		posted, err := desk.Post(ctx, r.Who, m)
		if err != nil {
			return Response{}, err
		}
		if !posted.Created {
			return ok(viewEntry(posted.Entry, r.Who.Role)), nil
		}
		news.Entry(ctx, posted.Head, posted.Entry, "")
		return Response{Status: http.StatusCreated, Body: viewEntry(posted.Entry, r.Who.Role)}, nil
	}}
}

// ListMessages is GET /tickets/{id}/messages: messages, and notes for staff.
func ListMessages(desk *ticket.Desk) Endpoint { return listEntries(desk, true) }

// ListHistory is GET /tickets/{id}/history: every kind of entry.
func ListHistory(desk *ticket.Desk) Endpoint { return listEntries(desk, false) }

type entriesView struct {
	page[entryView]
	LastSeq int `json:"lastSeq"`
}

// entryCursor is where the next page of a log begins.
type entryCursor struct {
	After, Before int
}

func listEntries(desk *ticket.Desk, messagesOnly bool) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		name := fmt.Sprintf("entries %s %v", r.pathID(), messagesOnly)
		p, err := r.entryPage(name)
		if err != nil {
			return Response{}, err
		}
		p.MessagesOnly = messagesOnly
		stretch, err := desk.Entries(ctx, r.Who, r.pathID(), p)
		if err != nil {
			return Response{}, err
		}
		out := entriesView{LastSeq: stretch.LastSeq}
		out.Data = viewEntries(stretch.Entries, r.Who.Role)
		if stretch.HasMore {
			out.Page = pageInfo{HasMore: true, Next: sealCursor(r, name, following(stretch.Entries, p))}
		}
		return ok(out), nil
	}}
}

// entryPage reads after, before, limit and cursor. Without any of the first
// two the page is the newest one, and the next ones go back in time.
func (r *Request) entryPage(name string) (ticket.Page, error) {
	limit, err := r.limit()
	if err != nil {
		return ticket.Page{}, err
	}
	after, forward, err := r.number("after")
	if err != nil {
		return ticket.Page{}, err
	}
	before, backward, err := r.number("before")
	if err != nil {
		return ticket.Page{}, err
	}
	if forward && backward {
		return ticket.Page{}, badQuery("before", "not_together", "Send after or before, not both.")
	}
	if backward && before == 0 {
		return ticket.Page{}, badQuery("before", "out_of_range", "before is a seq, from 1 on.")
	}
	at, given, err := openCursor[entryCursor](r, name)
	if err != nil {
		return ticket.Page{}, err
	}
	if given {
		after, before, forward = at.After, at.Before, at.Before == 0
	}
	return ticket.Page{After: after, Before: before, Limit: limit, Backward: !forward}, nil
}

func following(entries []ticket.Entry, p ticket.Page) entryCursor {
	if p.Backward {
		return entryCursor{Before: entries[0].Seq}
	}
	return entryCursor{After: entries[len(entries)-1].Seq}
}
