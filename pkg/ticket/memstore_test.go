package ticket

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
)

// memStore is an in-memory Store, AttachmentStore, CategoryStore and AgentStore.
// It counts reads and writes.
type memStore struct {
	mu          sync.Mutex
	tickets     map[string]*memTicket
	attachments map[string]attachment.Attachment
	reads       int // of a ticket's partition
	writes      int
	records     []audit.Record

	// beforeWrite runs once before the next write, without the lock, to
	// simulate a concurrent writer.
	beforeWrite func()
}

// memTicket is one ticket of a memStore.
type memTicket struct {
	ticket  Ticket
	entries []Entry
	markers map[string]int
	deleted bool
	touched int // number of tombstone rewrites
}

var _ Store = (*memStore)(nil)

func newMemStore() *memStore {
	return &memStore{tickets: map[string]*memTicket{}, attachments: map[string]attachment.Attachment{}}
}

// storeWith returns a store with one ticket, whose projection includes the first n entries.
func storeWith(log logBuilder, n int) *memStore {
	store := newMemStore()
	tk := Fold(Ticket{}, log[:n])
	tk.Revision = 2
	store.tickets[ticketID] = &memTicket{ticket: tk, entries: slices.Clone(log), markers: map[string]int{}}
	return store
}

// service returns a Service on the store; its time is minute(now).
func (store *memStore) service(now int) *Service {
	return &Service{
		Store: store, Attachments: store, Categories: store, Agents: store, ReopenWindow: 7 * 24 * time.Hour,
		Now: func() time.Time { return minute(now) },
	}
}

// log returns the whole log of the test ticket.
func (store *memStore) log() []Entry {
	store.mu.Lock()
	defer store.mu.Unlock()
	return slices.Clone(store.tickets[ticketID].entries)
}

func (store *memStore) ticket() Ticket {
	store.mu.Lock()
	defer store.mu.Unlock()
	return store.tickets[ticketID].ticket.clone()
}

func (store *memStore) read(ticketID string, with func(rec *memTicket)) (Log, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	store.reads++
	if rec, found := store.tickets[ticketID]; found {
		with(rec)
		if rec.deleted {
			return Log{Deleted: true, ReadMarkers: maps.Clone(rec.markers)}, nil
		}
		return Log{Ticket: rec.ticket.clone(), Entries: nil, ReadMarkers: maps.Clone(rec.markers)}, nil
	}
	return Log{ReadMarkers: map[string]int{}}, nil
}

func (store *memStore) ReadLogFrom(_ context.Context, ticketID string, from int) (Log, error) {
	var entries []Entry
	log, err := store.read(ticketID, func(rec *memTicket) { entries = slices.Clone(rec.entries[min(max(from, 1)-1, len(rec.entries)):]) })
	log.Entries = entries
	return log, err
}

func (store *memStore) ReadLogLatest(_ context.Context, ticketID string, n int) (Log, error) {
	var entries []Entry
	log, err := store.read(ticketID, func(rec *memTicket) { entries = slices.Clone(rec.entries[max(len(rec.entries)-n, 0):]) })
	log.Entries = entries
	return log, err
}

func (store *memStore) ReadLogPage(ctx context.Context, ticketID string, from, n int) (Log, bool, error) {
	log, err := store.ReadLogFrom(ctx, ticketID, from)
	if len(log.Entries)+len(log.ReadMarkers)+1 <= n {
		return log, true, err
	}
	return Log{Entries: log.Entries[:min(n, len(log.Entries))]}, false, err
}

func (store *memStore) ReadLogRange(_ context.Context, ticketID string, from, to, n int, backward bool) (Log, error) {
	var entries []Entry
	_, err := store.read(ticketID, func(rec *memTicket) {
		for _, e := range rec.entries {
			if e.Seq >= from && e.Seq <= to {
				entries = append(entries, e)
			}
		}
	})
	if over := len(entries) - n; over > 0 && backward {
		entries = entries[over:]
	} else if over > 0 {
		entries = entries[:n]
	}
	return Log{Entries: entries}, err
}

// write runs beforeWrite and then do.
func (store *memStore) write(do func() error) error {
	store.mu.Lock()
	beforeWrite := store.beforeWrite
	store.beforeWrite = nil
	store.mu.Unlock()
	if beforeWrite != nil {
		beforeWrite()
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	store.writes++
	return do()
}

func (store *memStore) AppendEntry(ctx context.Context, e Entry) (*Entry, error) {
	return store.AppendEntryWithAttachments(ctx, e, nil)
}

func (store *memStore) AppendEntryWithAttachments(_ context.Context, e Entry, files []attachment.Attachment) (existing *Entry, err error) {
	err = store.write(func() error {
		rec := store.tickets[e.TicketID]
		if e.Seq <= len(rec.entries) {
			existing = &rec.entries[e.Seq-1]
			return nil
		}
		if err := store.attach(files); err != nil {
			return err
		}
		rec.entries = append(rec.entries, e)
		return nil
	})
	return existing, err
}

// attach stores the files, or returns apperr.Conflict if one is in use or has changed.
func (store *memStore) attach(files []attachment.Attachment) error {
	for _, f := range files {
		if stored := store.attachments[f.ID]; stored.TicketID != "" || stored.State != f.State {
			return apperr.New(apperr.Conflict, "")
		}
	}
	for _, f := range files {
		store.attachments[f.ID] = f
	}
	return nil
}

func (store *memStore) CreateTicket(_ context.Context, tk Ticket, e Entry, files []attachment.Attachment) (exists bool, err error) {
	err = store.write(func() error {
		if _, exists = store.tickets[tk.ID]; exists {
			return nil
		}
		if err := store.attach(files); err != nil {
			return err
		}
		tk.Revision = 1
		store.tickets[tk.ID] = &memTicket{ticket: tk, entries: []Entry{e}, markers: map[string]int{}}
		return nil
	})
	return exists, err
}

func (store *memStore) CommitEntries(_ context.Context, tk Ticket, entries []Entry) error {
	return store.write(func() error {
		rec := store.tickets[tk.ID]
		if tk.Revision != rec.ticket.Revision || len(entries) > 0 && entries[0].Seq <= len(rec.entries) {
			return apperr.New(apperr.Conflict, "")
		}
		tk.Revision++
		rec.ticket, rec.entries = tk, append(rec.entries, entries...)
		return nil
	})
}

func (store *memStore) SaveProjection(ctx context.Context, tk Ticket) error {
	return store.CommitEntries(ctx, tk, nil)
}

func (store *memStore) TouchTombstone(_ context.Context, ticketID string) error {
	return store.write(func() error {
		store.tickets[ticketID].touched++
		return nil
	})
}

func (store *memStore) AdvanceReadMarker(_ context.Context, m ReadMarker) (moved bool, err error) {
	err = store.write(func() error {
		rec, found := store.tickets[m.TicketID]
		if !found {
			return nil
		}
		at, known := rec.markers[m.Reader.ID]
		if known {
			rec.markers[m.Reader.ID] = max(at, m.Seq)
		}
		moved = known
		return nil
	})
	return moved, err
}

func (store *memStore) CreateReadMarker(_ context.Context, m ReadMarker) error {
	return store.write(func() error {
		rec := store.tickets[m.TicketID]
		rec.markers[m.Reader.ID] = max(rec.markers[m.Reader.ID], m.Seq)
		return nil
	})
}

func (store *memStore) ClampReadMarker(_ context.Context, m ReadMarker, seen int) error {
	return store.write(func() error {
		if rec := store.tickets[m.TicketID]; rec.markers[m.Reader.ID] == seen {
			rec.markers[m.Reader.ID] = m.Seq
		}
		return nil
	})
}

// ListTickets returns all matching tickets in order of id.
func (store *memStore) ListTickets(_ context.Context, q Query, _ map[string]string) ([]Ticket, map[string]string, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	var tickets []Ticket
	for _, rec := range store.tickets {
		if q.Matches(rec.ticket) {
			tickets = append(tickets, rec.ticket.clone())
		}
	}
	slices.SortFunc(tickets, func(a, b Ticket) int { return cmp.Compare(a.ID, b.ID) })
	return tickets, nil, nil
}

func (store *memStore) Attachments(_ context.Context, ids []string) ([]attachment.Attachment, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	var found []attachment.Attachment
	for _, id := range slices.Backward(ids) { // the order is not specified
		if f, ok := store.attachments[id]; ok {
			found = append(found, f)
		}
	}
	return found, nil
}

func (store *memStore) Category(_ context.Context, id string) (Category, error) {
	for _, c := range []Category{billing, technical} {
		if c.ID == id {
			return c, nil
		}
	}
	return Category{}, apperr.New(apperr.CategoryNotFound, "")
}

func (store *memStore) Agent(_ context.Context, id string) (UserRef, error) {
	for _, agent := range []UserRef{{ali.UserID, ali.Name}, {mina.UserID, mina.Name}} {
		if agent.ID == id {
			return agent, nil
		}
	}
	return UserRef{}, apperr.New(apperr.UserNotFound, "")
}
