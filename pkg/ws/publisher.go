package ws

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// pushTimeout bounds how long the teller of news waits for other people's sockets:
// what it tells of has been written, and its own answer must not hang on them.
const pushTimeout = 2 * time.Second

// Publisher tells open sockets what has happened. It is told after the fact and may
// fail: whoever misses a frame has everything in the log. So a frame that is
// lost is logged and goes no further. The durable push returns one error: that
// nobody could be found out, so that the stream tries again.
type Publisher struct {
	Hub *realtime.Hub
	Log *slog.Logger
}

type userView struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Role user.Role `json:"role"`
}

type entryFrame struct {
	Type  string         `json:"type"`
	Entry wire.EntryView `json:"entry"`
}

type entryHintFrame struct {
	Type     string `json:"type"`
	TicketID string `json:"ticketId"`
	Seq      int    `json:"seq"`
}

type ticketFrame struct {
	Type   string          `json:"type"`
	Ticket wire.TicketView `json:"ticket"`
}

type userFrame struct {
	Type     string   `json:"type"`
	TicketID string   `json:"ticketId"`
	User     userView `json:"user"`
	Seq      int      `json:"seq,omitempty"`
}

type presenceFrame struct {
	Type     string     `json:"type"`
	TicketID string     `json:"ticketId"`
	Users    []userView `json:"users"`
}

type notificationFrame struct {
	Type         string                `json:"type"`
	Notification wire.NotificationView `json:"notification"`
}

// topicsFor are the topics on which a ticket's events are heard: those who have
// subscribed, its customer, its assignee, and the one who has just lost it.
func topicsFor(tk ticket.Ticket, e ticket.Entry) []string {
	topics := []string{realtime.TicketTopic(tk.ID), realtime.UserTopic(tk.Customer.ID)}
	agents := []string{tk.State.AssigneeID}
	if e.Change != nil && e.Change.Field == "assignee" {
		agents = append(agents, e.Change.From)
	}
	for _, agent := range agents {
		if agent != "" && agent != tk.Customer.ID {
			topics = append(topics, realtime.UserTopic(agent))
		}
	}
	return topics
}

// PublishEntry pushes an entry to all who may see it, but for one connection: the one
// it came from has its ack.
func (p *Publisher) PublishEntry(ctx context.Context, tk ticket.Ticket, e ticket.Entry, except string) {
	frames := map[bool]any{}
	for _, role := range []user.Role{user.RoleUser, user.RoleSupport} {
		frames[role.IsStaff()] = encodeOnce(entryFrame{"entry", wire.ViewEntry(e, role)})
	}
	err := p.publish(ctx, topicsFor(tk, e), func(sub realtime.Subscriber) any {
		if sub.ConnectionID == except || !e.VisibleTo(sub.Role) {
			return nil
		}
		return frames[sub.Role.IsStaff()]
	})
	if err != nil {
		p.logLost(ctx, err)
	}
}

// encodeOnce is a frame that many get, encoded once. One that cannot be encoded is
// left for the hub to tell of.
func encodeOnce(frame any) any {
	text, err := json.Marshal(frame)
	if err != nil {
		return frame
	}
	return json.RawMessage(text)
}

// PublishEntryHint hints that an entry exists. The stream says so, whatever became of the
// function that wrote the entry.
func (p *Publisher) PublishEntryHint(ctx context.Context, tk ticket.Ticket, e ticket.Entry) error {
	hint := encodeOnce(entryHintFrame{"head", e.TicketID, e.Seq})
	return p.publish(ctx, topicsFor(tk, e), func(sub realtime.Subscriber) any {
		if !e.VisibleTo(sub.Role) {
			return nil
		}
		return hint
	})
}

// PublishQueueChange shows a changed ticket to those who watch the queue.
func (p *Publisher) PublishQueueChange(ctx context.Context, tk ticket.Ticket) error {
	return p.publish(ctx, []string{realtime.QueueTopic}, func(sub realtime.Subscriber) any {
		actor := user.Principal{UserID: sub.UserID, Role: sub.Role}
		return ticketFrame{"ticket", wire.ViewTicket(tk, actor, sub.Locale)}
	})
}

// PublishReadMarker tells how far somebody has read. public is the newest entry that a
// customer may see: that an agent has read a note behind it is no news for him.
func (p *Publisher) PublishReadMarker(ctx context.Context, m ticket.ReadMarker, public int) error {
	return p.publish(ctx, []string{realtime.TicketTopic(m.TicketID)}, func(sub realtime.Subscriber) any {
		seq := m.Seq
		if !sub.Role.IsStaff() {
			seq = min(seq, public)
		}
		return userFrame{"read", m.TicketID, userView(m.Reader), seq}
	})
}

// PublishNotification shows a new notification to its owner.
func (p *Publisher) PublishNotification(ctx context.Context, n notification.Notification) error {
	return p.publish(ctx, []string{realtime.UserTopic(n.UserID)}, func(sub realtime.Subscriber) any {
		return notificationFrame{"notification", wire.ViewNotification(n, sub.Locale)}
	})
}

// PublishPresence tells those who watch a ticket who else does.
func (p *Publisher) PublishPresence(ctx context.Context, ticketID string) {
	subscribers, err := p.Hub.Store.Subscribers(ctx, realtime.TicketTopic(ticketID))
	if err != nil {
		p.logLost(ctx, err)
		return
	}
	users := []userView{}
	seen := map[string]bool{}
	for _, sub := range subscribers {
		if !seen[sub.UserID] {
			seen[sub.UserID] = true
			users = append(users, userView{sub.UserID, sub.Name, sub.Role})
		}
	}
	p.send(ctx, subscribers, func(realtime.Subscriber) any { return presenceFrame{"presence", ticketID, users} })
}

// publish finds out who watches and pushes to them. The error is that of the
// finding out.
func (p *Publisher) publish(ctx context.Context, topics []string, frame realtime.FrameFunc) error {
	subscribers, err := p.Hub.Subscribers(ctx, topics)
	if err == nil {
		p.send(ctx, subscribers, frame)
	}
	return err
}

func (p *Publisher) send(ctx context.Context, subscribers []realtime.Subscriber, frame realtime.FrameFunc) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	if err := p.Hub.Publish(ctx, subscribers, frame); err != nil {
		p.logLost(ctx, err)
	}
}

func (p *Publisher) logLost(ctx context.Context, err error) {
	p.Log.WarnContext(ctx, "frames lost", slog.Any("error", err))
}
