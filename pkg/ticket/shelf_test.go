package ticket

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
)

// shelf is a Store in memory, with the files, categories and people a desk
// needs. It counts how it is used.
type shelf struct {
	mu      sync.Mutex
	tickets map[string]*binder
	files   map[string]attachment.Attachment
	reads   int // of a ticket's partition
	writes  int
	deeds   []audit.Record

	// meanwhile runs once before the next write, outside the lock: somebody
	// else is faster.
	meanwhile func()
}

// binder is one ticket on the shelf.
type binder struct {
	head    Head
	entries []Entry
	marks   map[string]int
	gone    bool
	buried  int // times since
}

var _ Store = (*shelf)(nil)

func newShelf() *shelf {
	return &shelf{tickets: map[string]*binder{}, files: map[string]attachment.Attachment{}}
}

// holding is a shelf with one ticket, whose head holds the first n entries.
func holding(log story, n int) *shelf {
	s := newShelf()
	h := Fold(Head{}, log[:n])
	h.Revision = 2
	s.tickets[ticketID] = &binder{head: h, entries: slices.Clone(log), marks: map[string]int{}}
	return s
}

// desk is one at the shelf, at a minute of the test's day.
func (s *shelf) desk(now int) *Desk {
	return &Desk{
		Store: s, Files: s, Categories: s, People: s, ReopenWindow: 7 * 24 * time.Hour,
		Now: func() time.Time { return minute(now) },
	}
}

// log is the whole log of the one ticket.
func (s *shelf) log() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tickets[ticketID].entries)
}

func (s *shelf) head() Head {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tickets[ticketID].head.clone()
}

func (s *shelf) read(ticketID string, with func(b *binder)) (Log, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if b, found := s.tickets[ticketID]; found {
		with(b)
		if b.gone {
			return Log{Gone: true, Marks: maps.Clone(b.marks)}, nil
		}
		return Log{Head: b.head.clone(), Entries: nil, Marks: maps.Clone(b.marks)}, nil
	}
	return Log{Marks: map[string]int{}}, nil
}

func (s *shelf) Tail(_ context.Context, ticketID string, from int) (Log, error) {
	var entries []Entry
	log, err := s.read(ticketID, func(b *binder) { entries = slices.Clone(b.entries[min(max(from, 1)-1, len(b.entries)):]) })
	log.Entries = entries
	return log, err
}

func (s *shelf) Newest(_ context.Context, ticketID string, n int) (Log, error) {
	var entries []Entry
	log, err := s.read(ticketID, func(b *binder) { entries = slices.Clone(b.entries[max(len(b.entries)-n, 0):]) })
	log.Entries = entries
	return log, err
}

func (s *shelf) Ahead(ctx context.Context, ticketID string, from, n int) (Log, bool, error) {
	log, err := s.Tail(ctx, ticketID, from)
	if len(log.Entries)+len(log.Marks)+1 <= n {
		return log, true, err
	}
	return Log{Entries: log.Entries[:min(n, len(log.Entries))]}, false, err
}

func (s *shelf) Stretch(_ context.Context, ticketID string, from, to, n int, backward bool) (Log, error) {
	var entries []Entry
	_, err := s.read(ticketID, func(b *binder) {
		for _, e := range b.entries {
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

// write runs a write when nobody is faster any more.
func (s *shelf) write(do func() error) error {
	s.mu.Lock()
	first := s.meanwhile
	s.meanwhile = nil
	s.mu.Unlock()
	if first != nil {
		first()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	return do()
}

func (s *shelf) Append(ctx context.Context, e Entry) (*Entry, error) {
	return s.AppendWith(ctx, e, nil)
}

func (s *shelf) AppendWith(_ context.Context, e Entry, files []attachment.Attachment) (held *Entry, err error) {
	err = s.write(func() error {
		b := s.tickets[e.TicketID]
		if e.Seq <= len(b.entries) {
			held = &b.entries[e.Seq-1]
			return nil
		}
		if err := s.bind(files); err != nil {
			return err
		}
		b.entries = append(b.entries, e)
		return nil
	})
	return held, err
}

// bind gives files their place, as long as they are free and as they were read.
func (s *shelf) bind(files []attachment.Attachment) error {
	for _, f := range files {
		if held := s.files[f.ID]; held.TicketID != "" || held.State != f.State {
			return fault.New(fault.Conflict, "")
		}
	}
	for _, f := range files {
		s.files[f.ID] = f
	}
	return nil
}

func (s *shelf) Create(_ context.Context, h Head, e Entry, files []attachment.Attachment) (exists bool, err error) {
	err = s.write(func() error {
		if _, exists = s.tickets[h.ID]; exists {
			return nil
		}
		if err := s.bind(files); err != nil {
			return err
		}
		h.Revision = 1
		s.tickets[h.ID] = &binder{head: h, entries: []Entry{e}, marks: map[string]int{}}
		return nil
	})
	return exists, err
}

func (s *shelf) Commit(_ context.Context, h Head, entries []Entry) error {
	return s.write(func() error {
		b := s.tickets[h.ID]
		if h.Revision != b.head.Revision || len(entries) > 0 && entries[0].Seq <= len(b.entries) {
			return fault.New(fault.Conflict, "")
		}
		h.Revision++
		b.head, b.entries = h, append(b.entries, entries...)
		return nil
	})
}

func (s *shelf) Project(ctx context.Context, h Head) error { return s.Commit(ctx, h, nil) }

func (s *shelf) Bury(_ context.Context, ticketID string) error {
	return s.write(func() error {
		s.tickets[ticketID].buried++
		return nil
	})
}

func (s *shelf) SetRead(_ context.Context, m Mark) (moved bool, err error) {
	err = s.write(func() error {
		b, found := s.tickets[m.TicketID]
		if !found {
			return nil
		}
		at, known := b.marks[m.Reader.ID]
		if known {
			b.marks[m.Reader.ID] = max(at, m.Seq)
		}
		moved = known
		return nil
	})
	return moved, err
}

func (s *shelf) AddRead(_ context.Context, m Mark) error {
	return s.write(func() error {
		b := s.tickets[m.TicketID]
		b.marks[m.Reader.ID] = max(b.marks[m.Reader.ID], m.Seq)
		return nil
	})
}

func (s *shelf) CorrectRead(_ context.Context, m Mark, seen int) error {
	return s.write(func() error {
		if b := s.tickets[m.TicketID]; b.marks[m.Reader.ID] == seen {
			b.marks[m.Reader.ID] = m.Seq
		}
		return nil
	})
}

// List gives all that match, by id: no test here asks for more.
func (s *shelf) List(_ context.Context, q Query, _ map[string]string) ([]Head, map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var heads []Head
	for _, b := range s.tickets {
		if q.Matches(b.head) {
			heads = append(heads, b.head.clone())
		}
	}
	slices.SortFunc(heads, func(a, b Head) int { return cmp.Compare(a.ID, b.ID) })
	return heads, nil, nil
}

func (s *shelf) Attachments(_ context.Context, ids []string) ([]attachment.Attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []attachment.Attachment
	for _, id := range slices.Backward(ids) { // in no order
		if f, ok := s.files[id]; ok {
			found = append(found, f)
		}
	}
	return found, nil
}

func (s *shelf) Category(_ context.Context, id string) (Category, error) {
	for _, c := range []Category{billing, technical} {
		if c.ID == id {
			return c, nil
		}
	}
	return Category{}, fault.New(fault.CategoryNotFound, "")
}

func (s *shelf) Agent(_ context.Context, id string) (Person, error) {
	for _, who := range []Person{{ali.UserID, ali.Name}, {mina.UserID, mina.Name}} {
		if who.ID == id {
			return who, nil
		}
	}
	return Person{}, fault.New(fault.UserNotFound, "")
}
