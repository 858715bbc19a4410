package ws

import (
	"context"
	"encoding/json"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// Ping answers a ping: a client keeps its socket from being idle with it.
func (h *Handler) Ping(_ context.Context, r *Request) (any, error) {
	var in struct {
		Action string `json:"action"`
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return map[string]any{"type": "pong", "at": wire.FormatTime(h.Now())}, nil
}

// Default is the $default route: what is no frame, or asks for no known action.
func (h *Handler) Default(_ context.Context, r *Request) (any, error) {
	var in map[string]json.RawMessage
	if err := r.decode(&in); err != nil {
		return nil, apperr.Wrap(apperr.FrameInvalid, err).WithDetail("A frame is one JSON object.")
	}
	return nil, apperr.New(apperr.UnknownAction, "Known actions are subscribe, unsubscribe, message, typing, read and ping.")
}

// maxReplayEntries is how many entries a subscription replays at once.
const maxReplayEntries = 100

type subscribedFrame struct {
	Type    string           `json:"type"`
	Topic   string           `json:"topic"`
	LastSeq int              `json:"lastSeq"`
	Entries []wire.EntryView `json:"entries"`
	HasMore bool             `json:"hasMore"`
}

// Subscribe makes the action of that name. The person is checked, then the
// watcher is written, then the log is read: nothing written in between is
// missed, and nothing is pushed to who may not see it.
func (h *Handler) Subscribe(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			Action string `json:"action"`
			Topic  string `json:"topic"`
			After  *int   `json:"after"`
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		if in.After != nil && (*in.After < 0 || *in.After > ticket.MaxSeq) {
			return nil, apperr.Validation(apperr.Field{Pointer: "/after", Code: "out_of_range", Message: "This is the last seq you have seen, 0 if none."})
		}
		if in.Topic == realtime.QueueTopic && r.Connection.Principal.Role.IsStaff() {
			return subscribedFrame{Type: "subscribed", Topic: in.Topic, Entries: []wire.EntryView{}}, h.subscribe(ctx, r, in.Topic)
		}
		ticketID, err := parseTicketTopic(in.Topic)
		if err != nil {
			return nil, err
		}
		query := ticket.EntryQuery{Limit: 1, Backward: true}
		if _, err := tickets.Entries(ctx, r.Connection.Principal, ticketID, query); err != nil {
			return nil, err
		}
		if err := h.subscribe(ctx, r, realtime.TicketTopic(ticketID)); err != nil {
			return nil, err
		}
		return h.replay(ctx, tickets, r, ticketID, in.After)
	}
}

func (h *Handler) subscribe(ctx context.Context, r *Request, topic string) error {
	connected, err := h.Store.Subscribe(ctx, r.Connection, topic)
	if err == nil && !connected {
		err = apperr.New(apperr.Unauthenticated, "")
	}
	return err
}

// replay answers a subscription with what came after `after`.
func (h *Handler) replay(ctx context.Context, tickets *ticket.Service, r *Request, ticketID string, after *int) (any, error) {
	actor := r.Connection.Principal
	query := ticket.EntryQuery{Limit: 1, Backward: true}
	if after != nil {
		query = ticket.EntryQuery{After: *after, Limit: maxReplayEntries}
	}
	page, err := tickets.Entries(ctx, actor, ticketID, query)
	if err != nil {
		return nil, err
	}
	out := subscribedFrame{Type: "subscribed", Topic: realtime.TicketTopic(ticketID), LastSeq: page.LastSeq, Entries: []wire.EntryView{}}
	if after != nil {
		out.Entries, out.HasMore = wire.ViewEntries(page.Entries, actor.Role), page.HasMore
		if n := entriesThatFit(out.Entries); n < len(out.Entries) {
			out.Entries, out.HasMore = out.Entries[:n], true
		}
	}
	if err := h.Hub.Send(ctx, r.Connection.ID, out); err != nil {
		return nil, err
	}
	h.Publisher.PublishPresence(ctx, ticketID)
	return nil, nil
}

// maxReplayBytes bounds the entries of a replay in bytes: API Gateway takes messages
// of 128 KB to a connection. One entry alone is always smaller.
const maxReplayBytes = 100 << 10

// entriesThatFit is how many of the entries a replay has room for.
func entriesThatFit(entries []wire.EntryView) int {
	size := 0
	for n, e := range entries {
		text, err := json.Marshal(e)
		if size += len(text) + 1; err != nil || size > maxReplayBytes {
			return n
		}
	}
	return len(entries)
}

// parseTicketTopic reads a topic of a ticket. Errors: topic_unknown, ticket_not_found.
func parseTicketTopic(topic string) (string, error) {
	ticketID, ok := strings.CutPrefix(topic, "ticket:")
	if !ok {
		return "", apperr.New(apperr.TopicUnknown, "")
	}
	if !id.Valid(ticketID) {
		return "", apperr.New(apperr.TicketNotFound, "")
	}
	return ticketID, nil
}

// Unsubscribe is the action of that name.
func (h *Handler) Unsubscribe(ctx context.Context, r *Request) (any, error) {
	var in struct {
		Action string `json:"action"`
		Topic  string `json:"topic"`
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.Topic != realtime.QueueTopic {
		if _, err := parseTicketTopic(in.Topic); err != nil {
			return nil, err
		}
	}
	if err := h.Store.Unsubscribe(ctx, r.Connection.ID, in.Topic); err != nil {
		return nil, err
	}
	if ticketID, ok := strings.CutPrefix(in.Topic, "ticket:"); ok {
		defer h.Publisher.PublishPresence(ctx, ticketID)
	}
	return map[string]string{"type": "unsubscribed", "topic": in.Topic}, nil
}

type ackFrame struct {
	Type      string  `json:"type"`
	ClientID  string  `json:"clientId"`
	TicketID  string  `json:"ticketId"`
	Seq       int     `json:"seq"`
	CreatedAt *string `json:"createdAt"`
}

// Message makes the action of that name: the same post as over HTTP. The ack
// is sent before the others hear of it.
func (h *Handler) Message(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			Action   string `json:"action"`
			TicketID string `json:"ticketId"`
			wire.MessageInput
		}
		if err := r.decode(&in); err != nil {
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
		ack := ackFrame{"ack", m.ClientID, e.TicketID, e.Seq, wire.FormatTime(e.CreatedAt)}
		if err := h.Hub.Send(ctx, r.Connection.ID, ack); err != nil {
			h.Publisher.logLost(ctx, err) // a repeat gets it again; the others shall not wait for that
		}
		if result.Created {
			h.Publisher.PublishEntry(ctx, result.Ticket, e, r.Connection.ID)
		}
		return nil, nil
	}
}

// Typing makes the action of that name. Who is among the ticket's watchers has
// been checked when subscribing; anybody else is checked now.
func (h *Handler) Typing(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		return nil, h.publishTyping(ctx, tickets, r)
	}
}

func (h *Handler) publishTyping(ctx context.Context, tickets *ticket.Service, r *Request) error {
	var in struct {
		Action   string `json:"action"`
		TicketID string `json:"ticketId"`
		Internal bool   `json:"internal"` // it will be a note
	}
	if err := r.decode(&in); err != nil {
		return err
	}
	subscribers, err := h.Store.Subscribers(ctx, realtime.TicketTopic(in.TicketID))
	if err != nil {
		return err
	}
	if !isSubscribed(subscribers, r.Connection.ID) {
		if _, err := tickets.Entries(ctx, r.Connection.Principal, in.TicketID, ticket.EntryQuery{Limit: 1, Backward: true}); err != nil {
			return err
		}
	}
	actor := r.Connection.Principal
	frame := userFrame{Type: "typing", TicketID: in.TicketID, User: userView{actor.UserID, actor.Name, actor.Role}}
	h.Publisher.send(ctx, subscribers, func(sub realtime.Subscriber) any {
		if sub.ConnectionID == r.Connection.ID || in.Internal && !sub.Role.IsStaff() {
			return nil
		}
		return frame
	})
	return nil
}

func isSubscribed(subscribers []realtime.Subscriber, connectionID string) bool {
	for _, sub := range subscribers {
		if sub.ConnectionID == connectionID {
			return true
		}
	}
	return false
}

// Read makes the action of that name. The others hear of it from the stream.
func (h *Handler) Read(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			Action   string `json:"action"`
			TicketID string `json:"ticketId"`
			Seq      *int   `json:"seq"`
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		if in.Seq == nil || *in.Seq < 0 || *in.Seq > ticket.MaxSeq {
			return nil, apperr.Validation(apperr.Field{Pointer: "/seq", Code: "required", Message: "This must be a seq of the ticket."})
		}
		return nil, tickets.MarkRead(ctx, r.Connection.Principal, in.TicketID, *in.Seq)
	}
}
