package ws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// maxTopics is the maximum number of topics of a connection besides that of its user. They are in one
// item, and $disconnect leaves each of them.
const maxTopics = 200

// maxReplayEntries is the maximum number of entries in a subscribed frame.
const maxReplayEntries = 100

type subscribedFrame struct {
	replyHeader
	Topic   string           `json:"topic"`
	LastSeq int              `json:"lastSeq"`
	Entries []wire.EntryView `json:"entries"`
	HasMore bool             `json:"hasMore"`
}

// Subscribe returns the action "subscribe". It checks access, stores the subscription and then
// reads the log, so that no entry written in between is missed.
func (h *Handler) Subscribe(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			frameHeader
			Topic string `json:"topic"`
			After *int   `json:"after"`
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		var v wire.Validator
		if in.After != nil {
			v.After("/after", *in.After)
		}
		topic := canonicalTopic(in.Topic)
		if len(r.Connection.Topics) > maxTopics && !slices.Contains(r.Connection.Topics, topic) {
			v.Add("/topic", "too_many", fmt.Sprintf("At most %d topics for a connection.", maxTopics))
		}
		if err := v.Err(); err != nil {
			return nil, err
		}
		if topic == realtime.QueueTopic && r.Connection.Principal.Role.IsStaff() {
			return subscribedFrame{replyHeader: r.reply("subscribed"), Topic: topic, Entries: []wire.EntryView{}}, h.subscribe(ctx, r, topic)
		}
		ticketID, err := parseTicketTopic(topic)
		if err != nil {
			return nil, err
		}
		query := ticket.EntryQuery{Limit: 1, Backward: true}
		if _, err := tickets.Entries(ctx, r.Connection.Principal, ticketID, query); err != nil {
			return nil, err
		}
		if err := h.subscribe(ctx, r, topic); err != nil {
			return nil, err
		}
		return h.replay(ctx, tickets, r, ticketID, in.After)
	}
}

// subscribe stores a subscription. It fails with rate_limited, or unauthenticated if the connection
// is closed.
func (h *Handler) subscribe(ctx context.Context, r *Request, topic string) error {
	if _, err := h.SubscriptionLimiter.Take(ctx, r.Connection.Principal, 1); err != nil {
		return err
	}
	connected, err := h.Store.Subscribe(ctx, r.Connection, topic)
	if err == nil && !connected {
		err = apperr.New(apperr.Unauthenticated, "")
	}
	return err
}

// replay sends the subscribed frame, which repeats the topic as sent, with the entries after a
// sequence number, and then publishes the new presence.
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
	out := subscribedFrame{replyHeader: r.reply("subscribed"), Topic: frameField(r.body, "topic"), LastSeq: page.LastSeq, Entries: []wire.EntryView{}}
	if after != nil {
		out.Entries, out.HasMore = wire.ViewEntries(page.Entries, actor.Role, actor.Locale, h.Now()), page.HasMore
		if n := entriesThatFit(out.Entries); n < len(out.Entries) {
			out.Entries, out.HasMore = out.Entries[:n], true
		}
	}
	if err := h.Hub.Send(ctx, r.Connection.ID, out); err != nil {
		return nil, err
	}
	h.Publisher.PublishPresence(ctx, ticketID, r.Connection)
	return nil, nil
}

// maxReplayBytes limits the entries of a subscribed frame. API Gateway limits frames to 128 KB;
// a single entry is always smaller.
const maxReplayBytes = 100 << 10

// entriesThatFit returns how many of the entries stay within maxReplayBytes.
func entriesThatFit(entries []wire.EntryView) int {
	size := 0
	for n, e := range entries {
		text, err := wire.Marshal(e)
		if size += len(text) + 1; err != nil || size > maxReplayBytes {
			return n
		}
	}
	return len(entries)
}

// canonicalTopic returns a topic with the id of its ticket in canonical form.
func canonicalTopic(topic string) string {
	if ticketID, ok := strings.CutPrefix(topic, "ticket:"); ok {
		return realtime.TicketTopic(id.Canonical(ticketID))
	}
	return topic
}

// parseTicketTopic returns the ticket id of a canonical topic. It fails with invalid_body, topic_unknown or
// ticket_not_found.
func parseTicketTopic(topic string) (string, error) {
	if topic == "" {
		return "", apperr.Validation(apperr.Field{Pointer: "/topic", Code: "required", Message: "Required."})
	}
	ticketID, ok := strings.CutPrefix(topic, "ticket:")
	if !ok {
		return "", apperr.New(apperr.TopicUnknown, "")
	}
	if !id.Valid(ticketID) {
		return "", apperr.New(apperr.TicketNotFound, "")
	}
	return ticketID, nil
}

type unsubscribedFrame struct {
	replyHeader
	Topic string `json:"topic"`
}

// Unsubscribe returns the action "unsubscribe". It is idempotent. A topic that the connection does
// not subscribe to gets the same reply and has no effect.
func (h *Handler) Unsubscribe(tickets *ticket.Service) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		var in struct {
			frameHeader
			Topic string `json:"topic"`
		}
		if err := r.decode(&in); err != nil {
			return nil, err
		}
		topic := canonicalTopic(in.Topic)
		if topic != realtime.QueueTopic {
			if _, err := parseTicketTopic(topic); err != nil {
				return nil, err
			}
		}
		if slices.Contains(r.Connection.Topics, topic) {
			if err := h.Store.Unsubscribe(ctx, r.Connection.ID, topic); err != nil {
				return nil, err
			}
			defer h.publishLeaving(ctx, tickets, r.Connection, topic)
		}
		return unsubscribedFrame{r.reply("unsubscribed"), in.Topic}, nil
	}
}

// publishLeaving publishes the new presence of the topic that a connection has left, if it is a
// ticket that was not deleted.
func (h *Handler) publishLeaving(ctx context.Context, tickets *ticket.Service, c realtime.Connection, topic string) {
	ticketID, ok := strings.CutPrefix(topic, "ticket:")
	if !ok {
		return
	}
	switch err := tickets.CheckVisible(ctx, c.Principal, ticketID); {
	case err == nil:
		h.Publisher.PublishPresence(ctx, ticketID, realtime.Connection{ID: c.ID, Principal: c.Principal})
	case !apperr.Is(err, apperr.TicketNotFound):
		h.Publisher.logFailure(ctx, err)
	}
}
