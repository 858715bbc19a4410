package ticket_test

import (
	"context"
	"fmt"
	"testing"

	"ticketsystem/pkg/ticket"
)

// readMeter counts the entries that a store returns.
type readMeter struct {
	*memStore
	entries int
}

func (m *readMeter) count(log ticket.Log, err error) (ticket.Log, error) {
	m.entries += len(log.Entries)
	return log, err
}

func (m *readMeter) ReadLogFrom(ctx context.Context, id string, from int) (ticket.Log, error) {
	return m.count(m.memStore.ReadLogFrom(ctx, id, from))
}

func (m *readMeter) ReadLogLatest(ctx context.Context, id string, n int) (ticket.Log, error) {
	return m.count(m.memStore.ReadLogLatest(ctx, id, n))
}

func (m *readMeter) ReadLogPage(ctx context.Context, id string, from, n int) (ticket.Log, bool, error) {
	log, end, err := m.memStore.ReadLogPage(ctx, id, from, n)
	m.entries += len(log.Entries)
	return log, end, err
}

func (m *readMeter) ReadLogRange(ctx context.Context, id string, from, to, n int, backward bool) (ticket.Log, error) {
	return m.count(m.memStore.ReadLogRange(ctx, id, from, to, n, backward))
}

// longLog returns a log of 3,000 entries: replies, then notes and then titles.
func longLog() logBuilder {
	log := newLog()
	for len(log) < 3000 {
		switch n := len(log); {
		case n < 1200:
			log = append(log, log.message(ali, "reply")[n])
		case n < 2400:
			log = append(log, log.note(ali, "note")[n])
		default:
			log = append(log, log.append(ali, ticket.KindTitle, "", &ticket.Change{Field: "title", To: fmt.Sprint(n)})[n])
		}
	}
	return log
}

// TestBoundedReads checks that no input makes an operation read a long log.
func TestBoundedReads(t *testing.T) {
	log := longLog()
	type run func(s *ticket.Service) error
	post := func(after int) run {
		return func(s *ticket.Service) error {
			got, err := s.Post(context.Background(), sara, message(ulidAt(1), after))
			if err == nil && (!got.Created || got.Entry.Seq <= len(log)) {
				err = fmt.Errorf("got the entry %d", got.Entry.Seq)
			}
			return err
		}
	}
	marker := func(seq int) run {
		return func(s *ticket.Service) error {
			if err := s.MarkRead(context.Background(), sara, ticketID, seq); err != nil {
				return err
			}
			return s.Project(context.Background(), ticketID, seq+1)
		}
	}
	page := func(q ticket.EntryQuery) run {
		return func(s *ticket.Service) error {
			_, err := s.Entries(context.Background(), sara, ticketID, q)
			return err
		}
	}
	for name, run := range map[string]run{
		"post after 0": post(0), "post after 1": post(1), "post after the middle": post(1500), "post after the last but 200": post(2800),
		"post after the end": post(9999), "read up to 1": marker(1), "read up to the middle": marker(1500), "read beyond the end": marker(9999),
		"old hint":         func(s *ticket.Service) error { return s.Project(context.Background(), ticketID, 1) },
		"messages, newest": page(ticket.EntryQuery{Limit: 20, Backward: true, MessagesOnly: true}),
		"messages, after":  page(ticket.EntryQuery{Limit: 20, After: 1201, MessagesOnly: true}),
		"history, before":  page(ticket.EntryQuery{Limit: 20, Before: 2400, Backward: true}),
		"history, after":   page(ticket.EntryQuery{Limit: 1, After: 1201}),
		"detail":           func(s *ticket.Service) error { _, err := s.Detail(context.Background(), sara, ticketID); return err },
		"title": func(s *ticket.Service) error {
			_, err := s.Update(context.Background(), sara, ticketID, ticket.Patch{Title: ptr("Other")})
			return err
		},
		"typing, subscribe":  page(ticket.EntryQuery{Limit: 1, Backward: true}),
		"subscribe, after 1": page(ticket.EntryQuery{Limit: 100, After: 1}),
	} {
		store := &readMeter{memStore: storeWith(log, len(log))}
		s := store.service(9)
		s.Store = store
		if err := run(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if store.entries > 1300 || store.reads > 15 {
			t.Errorf("%s: read %d entries in %d reads, want at most 1300 in 15", name, store.entries, store.reads)
		}
	}
}

// TestPost_RepeatFarBehind repeats a post with an `after` far behind the end of the log.
func TestPost_RepeatFarBehind(t *testing.T) {
	repeated := ulidAt(1)
	for _, at := range []int{60, 2950} {
		log := longLog()
		log[at-1].Kind, log[at-1].ClientID, log[at-1].Author.ID = ticket.KindMessage, repeated, sara.UserID
		got, err := storeWith(log, len(log)).service(9).Post(context.Background(), sara, message(repeated, 10))
		if err != nil || got.Created || got.Entry.Seq != at {
			t.Errorf("posted at %d: got created %v, seq %d, %v", at, got.Created, got.Entry.Seq, err)
		}
	}
}

// TestEntries_SparsePages reads all messages by their cursors where single pages end early.
func TestEntries_SparsePages(t *testing.T) {
	log := longLog()
	s := storeWith(log, len(log)).service(9)
	for _, backward := range []bool{false, true} {
		q, found := ticket.EntryQuery{Limit: 100, Backward: backward, MessagesOnly: true}, 0
		for pages := 0; ; pages++ {
			got, err := s.Entries(context.Background(), sara, ticketID, q)
			if err != nil || pages > 100 {
				t.Fatalf("page %d: %v", pages, err)
			}
			if found += len(got.Entries); !got.HasMore {
				break
			}
			if q.After = got.Next; backward {
				q.After, q.Before = 0, got.Next
			}
		}
		if want := len(ticket.FilterVisible(log, sara, ticket.EntryQuery{MessagesOnly: true})); found != want {
			t.Errorf("backward %v: got %d messages, want %d", backward, found, want)
		}
	}
}

// TestProject_FarBehind projects a ticket that lacks most of its log, with a read marker.
func TestProject_FarBehind(t *testing.T) {
	log := longLog()
	store := storeWith(log, 1)
	s := store.service(9)
	for _, marker := range []int{1, 1300} {
		if err := s.MarkRead(context.Background(), sara, ticketID, marker); err != nil {
			t.Fatal(err)
		}
		if err := s.Project(context.Background(), ticketID, marker+1); err != nil {
			t.Fatal(err)
		}
	}
	got, want := store.ticket(), log.ticket()
	want.Revision = got.Revision
	want = ticket.ApplyReadMarker(want, sara.UserID, 1300, log[len(log)-1000:])
	if !ticket.Equal(got, want) { // the second marker leaves as many unread as the first
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
