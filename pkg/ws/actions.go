package ws

import (
	"context"
	"encoding/json"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
)

type pongFrame struct {
	replyHeader
	At *string `json:"at"`
}

// Ping is the action "ping". Clients use it to keep idle connections open.
func (h *Handler) Ping(_ context.Context, r *Request) (any, error) {
	var in struct{ frameHeader }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return pongFrame{r.reply("pong"), wire.FormatTime(h.Now())}, nil
}

// Default is the route $default, for frames without a known action. It fails with frame_invalid or
// unknown_action.
func (h *Handler) Default(_ context.Context, r *Request) (any, error) {
	if r.binary {
		return nil, apperr.New(apperr.FrameInvalid, "A frame must be a text, not binary.")
	}
	var in map[string]json.RawMessage
	if err := r.decode(&in); err != nil {
		return nil, apperr.Wrap(apperr.FrameInvalid, err).WithDetail("A frame must be one JSON object.")
	}
	return nil, apperr.New(apperr.UnknownAction, "Known actions are subscribe, unsubscribe, message, typing, read and ping.")
}

// checkTicketID checks the ticket id of a frame before anything is read, and converts it to its
// canonical form. It fails with invalid_body if it is missing, ticket_not_found if it is no id.
func checkTicketID(ticketID *string) error {
	switch *ticketID = id.Canonical(*ticketID); {
	case *ticketID == "":
		return apperr.Validation(apperr.Field{Pointer: "/ticketId", Code: "required", Message: "Required."})
	case !id.Valid(*ticketID):
		return apperr.New(apperr.TicketNotFound, "")
	}
	return nil
}

type ackFrame struct {
	replyHeader
	ClientID  string           `json:"clientId"` // as sent
	TicketID  string           `json:"ticketId"`
	Seq       int              `json:"seq"`
	CreatedAt *string          `json:"createdAt"`
	Change    *wire.ChangeView `json:"change"`
	State     wire.StateView   `json:"state"`
	position
}

// viewAck returns the ack of a message with the entry that stores it.
func (r *Request) viewAck(clientID string, e ticket.Entry, now time.Time) ackFrame {
	actor := r.Connection.Principal
	v := wire.ViewEntry(e, actor.Role, actor.Locale, now)
	return ackFrame{r.reply("ack"), clientID, v.TicketID, v.Seq, v.CreatedAt, v.Change, v.State, positionOf(e, actor.Role)}
}

// Message returns the action "message", which posts a message like the HTTP endpoint. The ack
// is sent before the entry is published.
func (h *Handler) Message(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			frameHeader
			TicketID string `json:"ticketId"`
			wire.MessageInput
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		if err := checkTicketID(&in.TicketID); err != nil {
			return nil, err
		}
		m, err := in.ToMessage(in.TicketID)
		if err != nil {
			return nil, err
		}
		result, err := tickets.Post(ctx, r.Connection.Principal, m)
		if err != nil {
			return nil, err
		}
		e := result.Entry
		if err := h.Hub.Send(ctx, r.Connection.ID, r.viewAck(in.ClientID, e, h.Now())); err != nil {
			h.Publisher.logFailure(ctx, err) // a retry is acknowledged again
		}
		if result.Created {
			h.Publisher.PublishEntry(ctx, result.Ticket, e, r.Connection.ID)
		}
		return nil, nil
	}
}

// Read returns the action "read". The stream publishes the new read marker.
func (h *Handler) Read(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			frameHeader
			TicketID string `json:"ticketId"`
			Seq      *int   `json:"seq"`
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		if err := checkTicketID(&in.TicketID); err != nil {
			return nil, err
		}
		var v wire.Validator
		seq := v.Seq("/seq", in.Seq)
		if err := v.Err(); err != nil {
			return nil, err
		}
		return nil, tickets.MarkReadBy(ctx, r.Connection.Principal, r.Connection.ID, in.TicketID, seq)
	}
}
