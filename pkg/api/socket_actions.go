package api

import (
	"context"
	"encoding/json"
	"strings"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// Ping answers a ping: a client keeps its socket from being idle with it.
func (s *Socket) Ping(_ context.Context, f *Frame) (any, error) {
	var in struct {
		Action string `json:"action"`
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return map[string]any{"type": "pong", "at": timeOf(s.Now())}, nil
}

// Unknown is the $default route: what is no frame, or asks for no known action.
func (s *Socket) Unknown(_ context.Context, f *Frame) (any, error) {
	var in map[string]json.RawMessage
	if err := f.decode(&in); err != nil {
		return nil, fault.Wrap(fault.FrameInvalid, err).WithDetail("A frame is one JSON object.")
	}
	return nil, fault.New(fault.UnknownAction, "Known actions are subscribe, unsubscribe, message, typing, read and ping.")
}

// replayLimit is how many entries a subscription replays at once.
const replayLimit = 100

type subscribedFrame struct {
	Type    string      `json:"type"`
	Topic   string      `json:"topic"`
	LastSeq int         `json:"lastSeq"`
	Entries []entryView `json:"entries"`
	HasMore bool        `json:"hasMore"`
}

// Subscribe makes the action of that name. The person is checked, then the
// watcher is written, then the log is read: nothing written in between is
// missed, and nothing is pushed to who may not see it.
func (s *Socket) Subscribe(desk *ticket.Desk) Action {
	return func(ctx context.Context, f *Frame) (any, error) {
		var in struct {
			Action string `json:"action"`
			Topic  string `json:"topic"`
			After  *int   `json:"after"`
		}
		if err := f.decode(&in); err != nil {
			return nil, err
		}
		if in.After != nil && (*in.After < 0 || *in.After > ticket.MaxSeq) {
			return nil, fault.Invalid(fault.Field{Pointer: "/after", Code: "out_of_range", Message: "This is the last seq you have seen, 0 if none."})
		}
		if in.Topic == realtime.QueueTopic && f.Connection.Who.Role.Staff() {
			return subscribedFrame{Type: "subscribed", Topic: in.Topic, Entries: []entryView{}}, s.watch(ctx, f, in.Topic)
		}
		ticketID, err := ticketOf(in.Topic)
		if err != nil {
			return nil, err
		}
		look := ticket.Page{Limit: 1, Backward: true}
		if _, err := desk.Entries(ctx, f.Connection.Who, ticketID, look); err != nil {
			return nil, err
		}
		if err := s.watch(ctx, f, realtime.TicketTopic(ticketID)); err != nil {
			return nil, err
		}
		return s.replay(ctx, desk, f, ticketID, in.After)
	}
}

func (s *Socket) watch(ctx context.Context, f *Frame, topic string) error {
	open, err := s.Store.Watch(ctx, f.Connection, topic)
	if err == nil && !open {
		err = fault.New(fault.Unauthenticated, "")
	}
	return err
}

// replay answers a subscription with what came after `after`.
func (s *Socket) replay(ctx context.Context, desk *ticket.Desk, f *Frame, ticketID string, after *int) (any, error) {
	who := f.Connection.Who
	page := ticket.Page{Limit: 1, Backward: true}
	if after != nil {
		page = ticket.Page{After: *after, Limit: replayLimit}
	}
	stretch, err := desk.Entries(ctx, who, ticketID, page)
	if err != nil {
		return nil, err
	}
	out := subscribedFrame{Type: "subscribed", Topic: realtime.TicketTopic(ticketID), LastSeq: stretch.LastSeq, Entries: []entryView{}}
	if after != nil {
		out.Entries, out.HasMore = viewEntries(stretch.Entries, who.Role), stretch.HasMore
		if n := fitting(out.Entries); n < len(out.Entries) {
			out.Entries, out.HasMore = out.Entries[:n], true
		}
	}
	if err := s.Hub.Send(ctx, f.Connection.ID, out); err != nil {
		return nil, err
	}
	s.News.Presence(ctx, ticketID)
	return nil, nil
}

// maxReplay bounds the entries of a replay in bytes: API Gateway takes messages
// of 128 KB to a connection. One entry alone is always smaller.
const maxReplay = 100 << 10

// fitting is how many of the entries a replay has room for.
func fitting(entries []entryView) int {
	size := 0
	for n, e := range entries {
		text, err := json.Marshal(e)
		if size += len(text) + 1; err != nil || size > maxReplay {
			return n
		}
	}
	return len(entries)
}

// ticketOf reads a topic of a ticket. Errors: topic_unknown, ticket_not_found.
func ticketOf(topic string) (string, error) {
	ticketID, ok := strings.CutPrefix(topic, "ticket:")
	if !ok {
		return "", fault.New(fault.TopicUnknown, "")
	}
	if !id.Valid(ticketID) {
		return "", fault.New(fault.TicketNotFound, "")
	}
	return ticketID, nil
}

// Unsubscribe is the action of that name.
func (s *Socket) Unsubscribe(ctx context.Context, f *Frame) (any, error) {
	var in struct {
		Action string `json:"action"`
		Topic  string `json:"topic"`
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	if in.Topic != realtime.QueueTopic {
		if _, err := ticketOf(in.Topic); err != nil {
			return nil, err
		}
	}
	if err := s.Store.Unwatch(ctx, f.Connection.ID, in.Topic); err != nil {
		return nil, err
	}
	if ticketID, ok := strings.CutPrefix(in.Topic, "ticket:"); ok {
		defer s.News.Presence(ctx, ticketID)
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
func (s *Socket) Message(desk *ticket.Desk) Action {
	return func(ctx context.Context, f *Frame) (any, error) {
		var in struct {
			Action   string `json:"action"`
			TicketID string `json:"ticketId"`
			messageIn
		}
		if err := f.decode(&in); err != nil {
			return nil, err
		}
		m, err := in.message(in.TicketID)
		if err != nil {
			return nil, err
		}
		posted, err := desk.Post(ctx, f.Connection.Who, m)
		if err != nil {
			return nil, err
		}
		e := posted.Entry
		ack := ackFrame{"ack", m.ClientID, e.TicketID, e.Seq, timeOf(e.CreatedAt)}
		if err := s.Hub.Send(ctx, f.Connection.ID, ack); err != nil {
			s.News.lost(ctx, err) // a repeat gets it again; the others shall not wait for that
		}
		if posted.Created {
			s.News.Entry(ctx, posted.Head, e, f.Connection.ID)
		}
		return nil, nil
	}
}

// Typing makes the action of that name. Who is among the ticket's watchers has
// been checked when subscribing; anybody else is checked now.
func (s *Socket) Typing(desk *ticket.Desk) Action {
	return func(ctx context.Context, f *Frame) (any, error) {
		return nil, s.typing(ctx, desk, f)
	}
}

func (s *Socket) typing(ctx context.Context, desk *ticket.Desk, f *Frame) error {
	var in struct {
		Action   string `json:"action"`
		TicketID string `json:"ticketId"`
		Internal bool   `json:"internal"` // it will be a note
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	watchers, err := s.Store.Watchers(ctx, realtime.TicketTopic(in.TicketID))
	if err != nil {
		return err
	}
	if !listens(watchers, f.Connection.ID) {
		if _, err := desk.Entries(ctx, f.Connection.Who, in.TicketID, ticket.Page{Limit: 1, Backward: true}); err != nil {
			return err
		}
	}
	who := f.Connection.Who
	frame := memberFrame{Type: "typing", TicketID: in.TicketID, User: memberView{who.UserID, who.Name, who.Role}}
	s.News.push(ctx, watchers, func(w realtime.Watcher) any {
		if w.ConnectionID == f.Connection.ID || in.Internal && !w.Role.Staff() {
			return nil
		}
		return frame
	})
	return nil
}

func listens(watchers []realtime.Watcher, connectionID string) bool {
	for _, w := range watchers {
		if w.ConnectionID == connectionID {
			return true
		}
	}
	return false
}

// Read makes the action of that name. The others hear of it from the stream.
func (s *Socket) Read(desk *ticket.Desk) Action {
	return func(ctx context.Context, f *Frame) (any, error) {
		var in struct {
			Action   string `json:"action"`
			TicketID string `json:"ticketId"`
			Seq      *int   `json:"seq"`
		}
		if err := f.decode(&in); err != nil {
			return nil, err
		}
		if in.Seq == nil || *in.Seq < 0 || *in.Seq > ticket.MaxSeq {
			return nil, fault.Invalid(fault.Field{Pointer: "/seq", Code: "required", Message: "This must be a seq of the ticket."})
		}
		return nil, desk.Read(ctx, f.Connection.Who, in.TicketID, *in.Seq)
	}
}
