package ws

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// typingInterval is the least time between two typing frames of a connection on a ticket.
const typingInterval = 2 * time.Second

// Typists bounds typing frames. An instance remembers what it has let pass, so that most
// frames of a flood cost no write; a counter bounds all instances together. A nil Typists
// lets everything pass.
type Typists struct {
	Store limit.Store
	Now   func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // by connection and ticket
}

// pass reports whether a frame of a connection on a ticket may be sent.
func (t *Typists) pass(ctx context.Context, connectionID, ticketID string) (bool, error) {
	if t == nil {
		return true, nil
	}
	key := connectionID + "#" + ticketID
	now := t.Now()
	if !t.remember(key, now) {
		return false, nil
	}
	return t.Store.AddWithin(ctx, limit.Counter{Scope: "typing#" + key, Window: typingInterval, Start: now.Truncate(typingInterval)}, 1, 1)
}

// remember reports whether the instance has let nothing pass for the key in typingInterval.
func (t *Typists) remember(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := map[string]time.Time{}
	for other, at := range t.last {
		if now.Sub(at) < typingInterval {
			recent[other] = at
		}
	}
	t.last = recent
	if _, known := recent[key]; known {
		return false
	}
	recent[key] = now
	return true
}

// Typing returns the action "typing".
func (h *Handler) Typing(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		return nil, h.publishTyping(ctx, tickets, r)
	}
}

// publishTyping sends a typing frame to the other subscribers of a ticket that the user may see,
// at most one for a connection and ticket in typingInterval. A stored subscription is no proof of
// access: it outlives a deleted ticket.
func (h *Handler) publishTyping(ctx context.Context, tickets *ticket.Service, r *Request) error {
	var in struct {
		frameHeader
		TicketID string `json:"ticketId"`
		Internal bool   `json:"internal"` // only staff receive the frame
	}
	if err := r.decode(&in); err != nil {
		return err
	}
	if err := checkTicketID(&in.TicketID); err != nil {
		return err
	}
	if passes, err := h.Typists.pass(ctx, r.Connection.ID, in.TicketID); err != nil || !passes {
		return err
	}
	actor := r.Connection.Principal
	if err := tickets.CheckVisible(ctx, actor, in.TicketID); err != nil {
		return err
	}
	subscribers, err := h.Store.Subscribers(ctx, realtime.TicketTopic(in.TicketID))
	if err != nil {
		return err
	}
	frame := userFrame{Type: "typing", TicketID: in.TicketID, User: wire.AuthorView{ID: actor.UserID, Name: actor.Name, Role: actor.Role}}
	to := audience(everyone)
	if in.Internal {
		to = staffOnly
	}
	if subscribers, err = h.Publisher.permitted(ctx, subscribers, to); err != nil {
		return err
	}
	h.Publisher.send(ctx, subscribers, func(sub realtime.Subscriber) any {
		if sub.ConnectionID == r.Connection.ID {
			return nil
		}
		return frame
	})
	return nil
}
