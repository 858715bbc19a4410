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

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var errStoreDown = errors.New("secret: table at 10.0.0.7 unreachable")

// memStore implements the stores of the API in memory. Methods of the embedded store are not
// called by these tests.
type memStore struct {
	ticket.Store

	mu            sync.Mutex
	down          bool // all methods fail
	logs          map[string]ticket.Log
	files         map[string]attachment.Attachment
	responses     map[string]idempotency.Record
	connections   map[string]realtime.Connection
	connectTokens map[string]user.Principal
	frames        []frame
	queries       []ticket.Query // arguments of ListTickets
	cursor        map[string]string
	revoked       map[string][]user.Revocation
}

// frame is a frame pushed to a connection.
type frame struct {
	to   string
	body map[string]any
}

func (s *memStore) RevocationsSince(context.Context, time.Time) (map[string][]user.Revocation, error) {
	unlock, err := s.lock()
	defer unlock()
	return maps.Clone(s.revoked), err
}

func newMemStore() *memStore {
	return &memStore{
		logs: map[string]ticket.Log{}, files: map[string]attachment.Attachment{}, responses: map[string]idempotency.Record{},
		connections: map[string]realtime.Connection{}, connectTokens: map[string]user.Principal{}, revoked: map[string][]user.Revocation{},
	}
}

// lock locks the store. It returns errStoreDown if the store is down.
func (s *memStore) lock() (unlock func(), err error) {
	s.mu.Lock()
	if s.down {
		err = errStoreDown
	}
	return s.mu.Unlock, err
}

// addTicket stores a ticket of Sara with one entry per kind, by Ali and Sara in turn. Notes are
// by Ali.
func (s *memStore) addTicket(ticketID string, kinds ...ticket.Kind) {
	log := ticket.Log{ReadMarkers: map[string]int{}}
	state := ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: billingID}
	for i, kind := range append([]ticket.Kind{ticket.KindOpened}, kinds...) {
		actor := []user.Principal{sara, ali}[i%2]
		if kind == ticket.KindNote {
			actor = ali
		}
		log.Entries = append(log.Entries, ticket.Entry{
			TicketID: ticketID, Seq: i + 1, Kind: kind, Author: ticket.Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role},
			Body: "text", State: state, CreatedAt: time.Date(2026, 3, 21, 11, i, 0, 0, time.UTC),
		})
	}
	log.Entries[0].Opening = &ticket.Opening{Title: "Help", Category: ticket.Category{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}}
	log.Ticket = ticket.Fold(ticket.Ticket{}, log.Entries)
	s.logs[ticketID] = log
}

func (s *memStore) ReadLogLatest(_ context.Context, ticketID string, n int) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	log := s.logs[ticketID]
	log.Entries = slices.Clone(log.Entries[max(len(log.Entries)-n, 0):])
	return log, err
}

func (s *memStore) ReadLogFrom(_ context.Context, ticketID string, from int) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	log := s.logs[ticketID]
	log.Entries = slices.Clone(log.Entries[min(max(from, 1)-1, len(log.Entries)):])
	return log, err
}

func (s *memStore) ReadLogPage(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log, err := s.ReadLogFrom(ctx, ticketID, from)
	if len(log.Entries) < n {
		return log, true, err
	}
	return ticket.Log{Entries: log.Entries[:n]}, false, err
}

func (s *memStore) ReadLogRange(_ context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	unlock, err := s.lock()
	defer unlock()
	some := s.logs[ticketID].Entries
	some = some[min(from-1, len(some)):min(to, len(some))]
	if over := len(some) - n; over > 0 && backward {
		some = some[over:]
	} else if over > 0 {
		some = some[:n]
	}
	return ticket.Log{Entries: slices.Clone(some)}, err
}

// appendEntries appends entries to a log and updates its ticket, as the stream does.
func (s *memStore) appendEntries(ticketID string, entries ...ticket.Entry) {
	log := s.logs[ticketID]
	log.Entries = append(log.Entries, entries...)
	log.Ticket = ticket.Fold(log.Ticket, entries)
	s.logs[ticketID] = log
}

func (s *memStore) AppendEntry(_ context.Context, e ticket.Entry) (*ticket.Entry, error) {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.appendEntries(e.TicketID, e)
	}
	return nil, err
}

func (s *memStore) CommitEntries(_ context.Context, tk ticket.Ticket, entries []ticket.Entry) error {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.appendEntries(tk.ID, entries...)
	}
	return err
}

func (s *memStore) CreateTicket(_ context.Context, tk ticket.Ticket, e ticket.Entry, _ []attachment.Attachment) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	if _, exists := s.logs[tk.ID]; exists || err != nil {
		return exists, err
	}
	s.logs[tk.ID] = ticket.Log{Ticket: tk, Entries: []ticket.Entry{e}, ReadMarkers: map[string]int{}}
	return false, nil
}

func (s *memStore) AdvanceReadMarker(_ context.Context, m ticket.ReadMarker) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	_, known := s.logs[m.TicketID].ReadMarkers[m.Reader.ID]
	return known, err
}

func (s *memStore) CreateReadMarker(_ context.Context, m ticket.ReadMarker) error {
	unlock, err := s.lock()
	defer unlock()
	s.logs[m.TicketID].ReadMarkers[m.Reader.ID] = m.Seq
	return err
}

// ListTickets returns the matching tickets by id and records the query.
func (s *memStore) ListTickets(_ context.Context, q ticket.Query, cursor map[string]string) (tks []ticket.Ticket, next map[string]string, err error) {
	unlock, err := s.lock()
	defer unlock()
	s.queries, s.cursor = append(s.queries, q), cursor
	for _, log := range s.logs {
		if q.Matches(log.Ticket) && log.Ticket.ID > cursor["after"] {
			tks = append(tks, log.Ticket)
		}
	}
	slices.SortFunc(tks, func(a, b ticket.Ticket) int { return cmp.Compare(a.ID, b.ID) })
	if len(tks) > q.Limit {
		tks = tks[:q.Limit]
		next = map[string]string{"after": tks[q.Limit-1].ID}
	}
	return tks, next, err
}

func (s *memStore) Attachments(context.Context, []string) ([]attachment.Attachment, error) {
	return nil, nil
}

func (s *memStore) Agent(_ context.Context, id string) (ticket.UserRef, error) {
	if id == aliID || id == minaID {
		return ticket.UserRef{ID: id, Name: "Agent"}, nil
	}
	return ticket.UserRef{}, apperr.New(apperr.UserNotFound, "")
}

func (s *memStore) Categories(context.Context) ([]category.Category, error) {
	unlock, err := s.lock()
	defer unlock()
	return []category.Category{
		{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true, Order: 1},
		{ID: "B", Names: map[string]string{"en": "Technical"}, Active: true, Order: 2},
		{ID: "C", Names: map[string]string{"en": "Gone"}, Order: 3},
		{ID: "D", Names: map[string]string{"en": "Other"}, Active: true, Order: 4},
	}, err
}

func (s *memStore) CategoriesConsistent(ctx context.Context) ([]category.Category, int, error) {
	list, err := s.Categories(ctx)
	return list, 0, err
}

func (s *memStore) Ping(context.Context) error {
	unlock, err := s.lock()
	defer unlock()
	return err
}

func (s *memStore) BeginRequest(_ context.Context, r idempotency.Record, abandoned time.Time) (*idempotency.Record, error) {
	unlock, err := s.lock()
	defer unlock()
	if held, there := s.responses[r.Key]; there && err == nil && !(held.Response == "" && held.StartedAt.Before(abandoned)) {
		return &held, nil
	}
	if err == nil {
		s.responses[r.Key] = r
	}
	return nil, err
}

func (s *memStore) CompleteRequest(_ context.Context, r idempotency.Record) error {
	unlock, err := s.lock()
	defer unlock()
	if err == nil {
		s.responses[r.Key] = r
	}
	return err
}

func (s *memStore) ReleaseRequest(_ context.Context, r idempotency.Record) error {
	unlock, err := s.lock()
	defer unlock()
	delete(s.responses, r.Key)
	return err
}

func (s *memStore) PutConnectToken(_ context.Context, hash string, actor user.Principal, _ time.Time) error {
	s.connectTokens[hash] = actor
	return nil
}

func (s *memStore) ConsumeConnectToken(_ context.Context, hash string) (user.Principal, bool, error) {
	actor, found := s.connectTokens[hash]
	delete(s.connectTokens, hash)
	return actor, found, nil
}

func (s *memStore) AddConnection(_ context.Context, c realtime.Connection) error {
	unlock, err := s.lock()
	defer unlock()
	s.connections[c.ID] = c
	return err
}

func (s *memStore) Connection(_ context.Context, id string) (realtime.Connection, bool, error) {
	unlock, err := s.lock()
	defer unlock()
	c, found := s.connections[id]
	return c, found, err
}

func (s *memStore) DeleteConnection(_ context.Context, id string) (realtime.Connection, bool, error) {
	unlock, err := s.lock()
	defer unlock()
	c, found := s.connections[id]
	delete(s.connections, id)
	return c, found, err
}

func (s *memStore) DeleteStaleConnection(context.Context, string, string, time.Time) error {
	return nil
}

func (s *memStore) Subscribe(_ context.Context, c realtime.Connection, topic string) (bool, error) {
	unlock, err := s.lock()
	defer unlock()
	held, open := s.connections[c.ID]
	if open && !slices.Contains(held.Topics, topic) {
		held.Topics = append(held.Topics, topic)
		s.connections[c.ID] = held
	}
	return open, err
}

func (s *memStore) Unsubscribe(_ context.Context, id, topic string) error {
	unlock, err := s.lock()
	defer unlock()
	held := s.connections[id]
	held.Topics = slices.DeleteFunc(slices.Clone(held.Topics), func(one string) bool { return one == topic })
	s.connections[id] = held
	return err
}

func (s *memStore) Subscribers(_ context.Context, topic string) ([]realtime.Subscriber, error) {
	unlock, err := s.lock()
	defer unlock()
	var all []realtime.Subscriber
	for id, c := range s.connections {
		if slices.Contains(c.Topics, topic) {
			all = append(all, realtime.Subscriber{Topic: topic, ConnectionID: id, UserID: c.Principal.UserID, Name: c.Principal.Name, Role: c.Principal.Role, Locale: c.Principal.Locale})
		}
	}
	return all, err
}

func (s *memStore) Send(_ context.Context, connectionID string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := frame{to: connectionID}
	err := json.Unmarshal(data, &f.body)
	s.frames = append(s.frames, f)
	return err
}
