package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var errNoAnswer = errors.New("secret: the table at 10.0.0.7 does not answer")

// shop is all the stores behind the edge, in memory. What the embedded store
// would do is not asked for here.
type shop struct {
	ticket.Store

	mu          sync.Mutex
	broken      bool // nothing answers
	tickets     map[string]ticket.Log
	files       map[string]attachment.Attachment
	repeats     map[string]idempotency.Record
	connections map[string]realtime.Connection
	passes      map[string]user.Principal
	frames      []frame
	listed      []ticket.Query // what was listed
	cursor      map[string]string
	revoked     map[string][]user.Revocation
}

// frame is what was pushed to a connection.
type frame struct {
	to   string
	body map[string]any
}

func (s *shop) Revoked(context.Context, time.Time) (map[string][]user.Revocation, error) {
	unlock, err := s.lock()
	defer unlock()
	return maps.Clone(s.revoked), err
}

func newShop() *shop {
	return &shop{
		tickets: map[string]ticket.Log{}, files: map[string]attachment.Attachment{}, repeats: map[string]idempotency.Record{},
		connections: map[string]realtime.Connection{}, passes: map[string]user.Principal{}, revoked: map[string][]user.Revocation{},
	}
}

// lock takes the shop, or says that it does not answer.
func (s *shop) lock() (unlock func(), err error) {
	s.mu.Lock()
	if s.broken {
		err = errNoAnswer
	}
	return s.mu.Unlock, err
}

// stock puts a ticket of Sara's on the shelf, with entries by turns of Ali and
// Sara, and notes of Ali's where it says so.
func (s *shop) stock(ticketID string, kinds ...ticket.Kind) {
	log := ticket.Log{Marks: map[string]int{}}
	state := ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: shelfID}
	for i, kind := range append([]ticket.Kind{ticket.KindOpened}, kinds...) {
		who := []user.Principal{sara, ali}[i%2]
		if kind == ticket.KindNote {
			who = ali
		}
		log.Entries = append(log.Entries, ticket.Entry{
			TicketID: ticketID, Seq: i + 1, Kind: kind, Author: ticket.Author{ID: who.UserID, Name: who.Name, Role: who.Role},
			Body: "text", State: state, CreatedAt: time.Date(2026, 3, 21, 11, i, 0, 0, time.UTC),
		})
	}
	log.Entries[0].Opening = &ticket.Opening{Title: "Help", Category: ticket.Category{ID: shelfID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}}
	log.Head = ticket.Fold(ticket.Head{}, log.Entries)
	s.tickets[ticketID] = log
}

func (s *shop) Newest(_ context.Context, ticketID string, n int) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	log := s.tickets[ticketID]
	log.Entries = slices.Clone(log.Entries[max(len(log.Entries)-n, 0):])
	return log, err
}

func (s *shop) Tail(_ context.Context, ticketID string, from int) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	log := s.tickets[ticketID]
	log.Entries = slices.Clone(log.Entries[min(max(from, 1)-1, len(log.Entries)):])
	return log, err
}

func (s *shop) Ahead(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log, err := s.Tail(ctx, ticketID, from)
	if len(log.Entries) < n {
		return log, true, err
	}
	return ticket.Log{Entries: log.Entries[:n]}, false, err
}

func (s *shop) Stretch(_ context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	some := s.tickets[ticketID].Entries
	some = some[min(from-1, len(some)):min(to, len(some))]
	if over := len(some) - n; over > 0 && backward {
		some = some[over:]
	} else if over > 0 {
		some = some[:n]
	}
	return ticket.Log{Entries: slices.Clone(some)}, err
}

// add puts entries behind a log and folds them in, as the stream would.
func (s *shop) add(ticketID string, entries ...ticket.Entry) {
	log := s.tickets[ticketID]
	log.Entries = append(log.Entries, entries...)
	log.Head = ticket.Fold(log.Head, entries)
	s.tickets[ticketID] = log
}

func (s *shop) Append(_ context.Context, e ticket.Entry) (*ticket.Entry, error) {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.add(e.TicketID, e)
	}
	return nil, err
}

func (s *shop) Commit(_ context.Context, h ticket.Head, entries []ticket.Entry) error {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.add(h.ID, entries...)
	}
	return err
}

func (s *shop) Create(_ context.Context, h ticket.Head, e ticket.Entry, _ []attachment.Attachment) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	if _, exists := s.tickets[h.ID]; exists || err != nil {
		return exists, err
	}
	s.tickets[h.ID] = ticket.Log{Head: h, Entries: []ticket.Entry{e}, Marks: map[string]int{}}
	return false, nil
}

func (s *shop) SetRead(_ context.Context, m ticket.Mark) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	_, known := s.tickets[m.TicketID].Marks[m.Reader.ID]
	return known, err
}

func (s *shop) AddRead(_ context.Context, m ticket.Mark) error {
	unlock, err := s.lock()
	defer unlock()
	s.tickets[m.TicketID].Marks[m.Reader.ID] = m.Seq
	return err
}

// List gives what matches by id, and remembers what it was asked for.
func (s *shop) List(_ context.Context, q ticket.Query, cursor map[string]string) (heads []ticket.Head, next map[string]string, err error) {
	unlock, err := s.lock()
	defer unlock()
	s.listed, s.cursor = append(s.listed, q), cursor
	for _, log := range s.tickets {
		if q.Matches(log.Head) && log.Head.ID > cursor["after"] {
			heads = append(heads, log.Head)
		}
	}
	slices.SortFunc(heads, func(a, b ticket.Head) int { return cmp.Compare(a.ID, b.ID) })
	if len(heads) > q.Limit {
		heads = heads[:q.Limit]
		next = map[string]string{"after": heads[q.Limit-1].ID}
	}
	return heads, next, err
}

func (s *shop) Attachments(context.Context, []string) ([]attachment.Attachment, error) {
	return nil, nil
}

func (s *shop) Agent(_ context.Context, id string) (ticket.Person, error) {
	if id == aliID || id == minaID {
		return ticket.Person{ID: id, Name: "Agent"}, nil
	}
	return ticket.Person{}, fault.New(fault.UserNotFound, "")
}

func (s *shop) Categories(context.Context) ([]category.Category, error) {
	unlock, err := s.lock()
	defer unlock()
	return []category.Category{
		{ID: shelfID, Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true, Order: 1},
		{ID: "B", Names: map[string]string{"en": "Technical"}, Active: true, Order: 2},
		{ID: "C", Names: map[string]string{"en": "Gone"}, Order: 3},
		{ID: "D", Names: map[string]string{"en": "Other"}, Active: true, Order: 4},
	}, err
}

func (s *shop) Shelf(ctx context.Context) ([]category.Category, int, error) {
	list, err := s.Categories(ctx)
	return list, 0, err
}

func (s *shop) Ping(context.Context) error {
	unlock, err := s.lock()
	defer unlock()
	return err
}

func (s *shop) Begin(_ context.Context, r idempotency.Record, abandoned time.Time) (*idempotency.Record, error) {
	unlock, err := s.lock()
	defer unlock()
	if held, there := s.repeats[r.Key]; there && err == nil && !(held.Answer == "" && held.Since.Before(abandoned)) {
		return &held, nil
	}
	if err == nil {
		s.repeats[r.Key] = r
	}
	return nil, err
}

func (s *shop) Finish(_ context.Context, r idempotency.Record) error {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.repeats[r.Key] = r
	}
	return err
}

func (s *shop) Abandon(_ context.Context, r idempotency.Record) error {
	unlock, err := s.lock()
	defer unlock()
	delete(s.repeats, r.Key)
	return err
}

func (s *shop) AddPass(_ context.Context, hash string, who user.Principal, _ time.Time) error {
	s.passes[hash] = who
	return nil
}

func (s *shop) TakePass(_ context.Context, hash string) (user.Principal, bool, error) {
	who, found := s.passes[hash]
	delete(s.passes, hash)
	return who, found, nil
}

func (s *shop) AddConnection(_ context.Context, c realtime.Connection) error {
	unlock, err := s.lock()
	defer unlock()
	s.connections[c.ID] = c
	return err
}

func (s *shop) Connection(_ context.Context, id string) (realtime.Connection, bool, error) {
	unlock, err := s.lock()
	defer unlock()
	c, found := s.connections[id]
	return c, found, err
}

func (s *shop) RemoveConnection(_ context.Context, id string) (realtime.Connection, bool, error) {
	unlock, err := s.lock()
	defer unlock()
	c, found := s.connections[id]
	delete(s.connections, id)
	return c, found, err
}

func (s *shop) ForgetGone(context.Context, string, string, time.Time) error { return nil }

func (s *shop) Watch(_ context.Context, c realtime.Connection, topic string) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	held, open := s.connections[c.ID]
	if open && !slices.Contains(held.Topics, topic) {
		held.Topics = append(held.Topics, topic)
		s.connections[c.ID] = held
	}
	return open, err
}

func (s *shop) Unwatch(_ context.Context, id, topic string) error {
	unlock, err := s.lock()
	defer unlock()
	held := s.connections[id]
	held.Topics = slices.DeleteFunc(slices.Clone(held.Topics), func(one string) bool { return one == topic })
	s.connections[id] = held
	return err
}

func (s *shop) Watchers(_ context.Context, topic string) ([]realtime.Watcher, error) {
	unlock, err := s.lock()
	defer unlock()
	var all []realtime.Watcher
	for id, c := range s.connections {
		if slices.Contains(c.Topics, topic) {
			all = append(all, realtime.Watcher{Topic: topic, ConnectionID: id, UserID: c.Who.UserID, Name: c.Who.Name, Role: c.Who.Role, Locale: c.Who.Locale})
		}
	}
	return all, err
}

func (s *shop) Post(_ context.Context, connectionID string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := frame{to: connectionID}
	err := json.Unmarshal(data, &f.body)
	s.frames = append(s.frames, f)
	return err
}
