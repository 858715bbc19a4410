package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// pushTime bounds how long the teller of news waits for other people's sockets:
// what it tells of has been written, and its own answer must not hang on them.
const pushTime = 2 * time.Second

// News tells open sockets what has happened. It is told after the fact and may
// fail: whoever misses a frame has everything in the log. So a frame that is
// lost is logged and goes no further. The durable push returns one error: that
// nobody could be found out, so that the stream tries again.
type News struct {
	Hub *realtime.Hub
	Log *slog.Logger
}

type memberView struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Role user.Role `json:"role"`
}

type entryFrame struct {
	Type  string    `json:"type"`
	Entry entryView `json:"entry"`
}

type headFrame struct {
	Type     string `json:"type"`
	TicketID string `json:"ticketId"`
	Seq      int    `json:"seq"`
}

type ticketFrame struct {
	Type   string     `json:"type"`
	Ticket ticketView `json:"ticket"`
}

type memberFrame struct {
	Type     string     `json:"type"`
	TicketID string     `json:"ticketId"`
	User     memberView `json:"user"`
	Seq      int        `json:"seq,omitempty"`
}

type presenceFrame struct {
	Type     string       `json:"type"`
	TicketID string       `json:"ticketId"`
	Users    []memberView `json:"users"`
}

type noticeFrame struct {
	Type         string     `json:"type"`
	Notification noticeView `json:"notification"`
}

// audience are the topics on which a ticket's events are heard: those who have
// subscribed, its customer, its assignee, and the one who has just lost it.
func audience(h ticket.Head, e ticket.Entry) []string {
	topics := []string{realtime.TicketTopic(h.ID), realtime.UserTopic(h.Customer.ID)}
	agents := []string{h.State.AssigneeID}
	if e.Change != nil && e.Change.Field == "assignee" {
		agents = append(agents, e.Change.From)
	}
	for _, agent := range agents {
		if agent != "" && agent != h.Customer.ID {
			topics = append(topics, realtime.UserTopic(agent))
		}
	}
	return topics
}

// Entry pushes an entry to all who may see it, but for one connection: the one
// it came from has its ack.
func (n *News) Entry(ctx context.Context, h ticket.Head, e ticket.Entry, except string) {
	frames := map[bool]any{}
	for _, role := range []user.Role{user.RoleUser, user.RoleSupport} {
		frames[role.Staff()] = alike(entryFrame{"entry", viewEntry(e, role)})
	}
	err := n.publish(ctx, audience(h, e), func(w realtime.Watcher) any {
		if w.ConnectionID == except || !e.VisibleTo(w.Role) {
			return nil
		}
		return frames[w.Role.Staff()]
	})
	if err != nil {
		n.lost(ctx, err)
	}
}

// alike is a frame that many get, encoded once. One that cannot be encoded is
// left for the hub to tell of.
func alike(frame any) any {
	text, err := json.Marshal(frame)
	if err != nil {
		return frame
	}
	return json.RawMessage(text)
}

// Head hints that an entry exists. The stream says so, whatever became of the
// function that wrote the entry.
func (n *News) Head(ctx context.Context, h ticket.Head, e ticket.Entry) error {
	hint := alike(headFrame{"head", e.TicketID, e.Seq})
	return n.publish(ctx, audience(h, e), func(w realtime.Watcher) any {
		if !e.VisibleTo(w.Role) {
			return nil
		}
		return hint
	})
}

// Queue shows a changed ticket to those who watch the queue.
func (n *News) Queue(ctx context.Context, h ticket.Head) error {
	return n.publish(ctx, []string{realtime.QueueTopic}, func(w realtime.Watcher) any {
		who := user.Principal{UserID: w.UserID, Role: w.Role}
		return ticketFrame{"ticket", viewTicket(h, who, w.Locale)}
	})
}

// Read tells how far somebody has read. public is the newest entry that a
// customer may see: that an agent has read a note behind it is no news for him.
func (n *News) Read(ctx context.Context, m ticket.Mark, public int) error {
	return n.publish(ctx, []string{realtime.TicketTopic(m.TicketID)}, func(w realtime.Watcher) any {
		seq := m.Seq
		if !w.Role.Staff() {
			seq = min(seq, public)
		}
		return memberFrame{"read", m.TicketID, memberView(m.Reader), seq}
	})
}

// Notification shows a new notification to its owner.
func (n *News) Notification(ctx context.Context, one notification.Notification) error {
	return n.publish(ctx, []string{realtime.UserTopic(one.UserID)}, func(w realtime.Watcher) any {
		return noticeFrame{"notification", viewNotice(one, w.Locale)}
	})
}

// Presence tells those who watch a ticket who else does.
func (n *News) Presence(ctx context.Context, ticketID string) {
	watchers, err := n.Hub.Store.Watchers(ctx, realtime.TicketTopic(ticketID))
	if err != nil {
		n.lost(ctx, err)
		return
	}
	users := []memberView{}
	seen := map[string]bool{}
	for _, w := range watchers {
		if !seen[w.UserID] {
			seen[w.UserID] = true
			users = append(users, memberView{w.UserID, w.Name, w.Role})
		}
	}
	n.push(ctx, watchers, func(realtime.Watcher) any { return presenceFrame{"presence", ticketID, users} })
}

// publish finds out who watches and pushes to them. The error is that of the
// finding out.
func (n *News) publish(ctx context.Context, topics []string, frame realtime.Frame) error {
	watchers, err := n.Hub.Watchers(ctx, topics)
	if err == nil {
		n.push(ctx, watchers, frame)
	}
	return err
}

func (n *News) push(ctx context.Context, watchers []realtime.Watcher, frame realtime.Frame) {
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	if err := n.Hub.PublishTo(ctx, watchers, frame); err != nil {
		n.lost(ctx, err)
	}
}

func (n *News) lost(ctx context.Context, err error) {
	n.Log.WarnContext(ctx, "frames lost", slog.Any("error", err))
}
