package ws

import (
	"cmp"
	"context"
	"slices"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/realtime"
)

// PublishPresence pushes the subscribed users of a ticket to its subscribers after a
// connection has subscribed or left, if that changed the set of users. A connection that
// has subscribed gets them in any case. It reads them without cache and logs failures.
func (p *Publisher) PublishPresence(ctx context.Context, ticketID string, c realtime.Connection) {
	subscribers, err := p.Hub.Store.Subscribers(ctx, realtime.TicketTopic(ticketID))
	if err == nil {
		subscribers, err = p.permitted(ctx, subscribers, everyone)
	}
	if err != nil {
		p.logFailure(ctx, err)
		return
	}
	frame := newPresenceFrame(ticketID, subscribers)
	changed := changesUsers(subscribers, c) && !slices.Contains(c.Topics, realtime.TicketTopic(ticketID))
	p.send(ctx, subscribers, func(sub realtime.Subscriber) any {
		if !changed && sub.ConnectionID != c.ID {
			return nil
		}
		return frame
	})
}

// maxPresenceUsers bounds the users in a frame, which stays below 32 KiB with the longest names.
const maxPresenceUsers = 50

// newPresenceFrame returns the frame with the distinct users of the subscribers. If there are too
// many, it has the customer and some of the staff.
func newPresenceFrame(ticketID string, subscribers []realtime.Subscriber) presenceFrame {
	frame := presenceFrame{Type: "presence", TicketID: ticketID, Users: []wire.AuthorView{}}
	seen := map[string]bool{}
	for _, sub := range subscribers {
		if !seen[sub.UserID] {
			seen[sub.UserID] = true
			frame.Users = append(frame.Users, wire.AuthorView{ID: sub.UserID, Name: sub.Name, Role: sub.Role})
		}
	}
	if len(frame.Users) > maxPresenceUsers {
		frame.Total = len(frame.Users)
		if i := slices.IndexFunc(frame.Users, func(u wire.AuthorView) bool { return !u.Role.IsStaff() }); i >= 0 {
			frame.Users[0], frame.Users[i] = frame.Users[i], frame.Users[0]
		}
		frame.Users = frame.Users[:maxPresenceUsers]
	}
	return frame
}

// changesUsers reports whether a connection is the first of its user to subscribe, or was
// the last one to leave. Of two that subscribe at once, both or the first see it so.
func changesUsers(subscribers []realtime.Subscriber, c realtime.Connection) bool {
	var own realtime.Subscriber // zero if the connection has left
	for _, sub := range subscribers {
		if sub.ConnectionID == c.ID {
			own = sub
		}
	}
	return !slices.ContainsFunc(subscribers, func(sub realtime.Subscriber) bool {
		isEarlier := cmp.Or(sub.SubscribedAt.Compare(own.SubscribedAt), cmp.Compare(sub.ConnectionID, c.ID)) < 0
		return sub.UserID == c.Principal.UserID && sub.ConnectionID != c.ID && (own.ConnectionID == "" || isEarlier)
	})
}
