package ticket_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"ticketsystem/pkg/ticket"
)

func TestFirstNeededSeq(t *testing.T) {
	log := randomLog(9)
	for _, c := range []struct {
		name    string
		folded  int
		readers map[string]ticket.Reader
		markers map[string]int
		want    int
	}{
		{"nothing read", 5, nil, nil, 6},
		{"markers already applied", 5, map[string]ticket.Reader{"sara": {Read: 3}}, map[string]int{"sara": 3}, 6},
		{"moved marker", 5, map[string]ticket.Reader{"sara": {Read: 1}}, map[string]int{"sara": 3}, 4},
		{"first marker", 5, nil, map[string]int{"sara": 2}, 3},
		{"two markers, the lower counts", 5, nil, map[string]int{"sara": 4, "ali": 1}, 2},
		{"marker beyond the ticket", 5, nil, map[string]int{"sara": 7}, 6},
	} {
		tk := log[:c.folded].ticket()
		tk.Readers = c.readers
		if got := ticket.FirstNeededSeq(ticket.Log{Ticket: tk, ReadMarkers: c.markers}); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestApplyLog(t *testing.T) {
	log := newLog().message(ali, "one").message(ali, "two").note(ali, "three")
	old := log.ticket()
	old.Revision = 2
	fresh := log.ticket()
	fresh.Revision = 1
	behind := log[:2].ticket()
	behind.Revision = 2
	for _, c := range []struct {
		name    string
		log     ticket.Log
		changed bool
		reader  ticket.Reader // Sara's
		last    int
	}{
		{"nothing new", ticket.Log{Ticket: old, Entries: log}, false, ticket.Reader{}, 4},
		{"nothing new, not in the staff lists", ticket.Log{Ticket: fresh, Entries: log}, true, ticket.Reader{}, 4},
		{"new entries", ticket.Log{Ticket: behind, Entries: log[2:]}, true, ticket.Reader{}, 4},
		{"moved marker", ticket.Log{Ticket: old, Entries: log[2:], ReadMarkers: map[string]int{"sara": 2}}, true, ticket.Reader{2, 1}, 4},
		{"moved marker, nothing less unread", ticket.Log{Ticket: old, Entries: log, ReadMarkers: map[string]int{"sara": 1}}, false, ticket.Reader{1, 2}, 4},
		{"marker at a new entry", ticket.Log{Ticket: behind, Entries: log[2:], ReadMarkers: map[string]int{"sara": 3}}, true, ticket.Reader{3, 0}, 4},
	} {
		got, changed := ticket.ApplyLog(c.log)
		if changed != c.changed || got.Readers["sara"] != c.reader || got.LastSeq != c.last {
			t.Errorf("%s: got %v, %+v, last %d, want %v, %+v, last %d", c.name, changed, got.Readers["sara"], got.LastSeq, c.changed, c.reader, c.last)
		}
	}
}

// TestProject_UnorderedHints repeats, shuffles and drops hints. After a last hint
// the ticket must be the fold of the log.
func TestProject_UnorderedHints(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		log := randomLog(20)
		store := storeWith(log, 1)
		var hints []int
		for seq := 2; seq <= len(log); seq++ {
			for range rng.IntN(3) { // lost, once or twice
				hints = append(hints, seq)
			}
		}
		hints = append(hints, 0) // from a read marker
		rng.Shuffle(len(hints), func(i, j int) { hints[i], hints[j] = hints[j], hints[i] })
		for _, seq := range append(hints, len(log)) {
			if err := store.service(9).Project(context.Background(), ticketID, seq); err != nil {
				t.Fatal(err)
			}
		}
		got, want := store.ticket(), log.ticket()
		want.Revision = got.Revision
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("after the hints %v:\ngot  %+v\nwant %+v", hints, got, want)
		}
	}
}

// TestProject_NoWriteWhenCurrent checks that a repeated hint writes nothing.
func TestProject_NoWriteWhenCurrent(t *testing.T) {
	log := randomLog(10)
	store := storeWith(log, 9)
	for i, want := range []int{1, 1, 1} {
		if err := store.service(9).Project(context.Background(), ticketID, 10); err != nil {
			t.Fatal(err)
		}
		if store.writes != want {
			t.Errorf("after %d hints: got %d writes, want %d", i+1, store.writes, want)
		}
	}
	if err := newMemStore().service(9).Project(context.Background(), ticketID, 3); err != nil {
		t.Errorf("unknown ticket: got %v", err)
	}
}

// TestProject_Concurrent runs projections, a read marker and a change concurrently.
func TestProject_Concurrent(t *testing.T) {
	log := randomLog(30)
	store := storeWith(log, 1)
	var wait sync.WaitGroup
	for seq := 2; seq <= len(log); seq += 7 {
		wait.Go(func() {
			if err := store.service(9).Project(context.Background(), ticketID, seq); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Go(func() {
		if err := store.service(9).MarkRead(context.Background(), ali, ticketID, 4); err != nil {
			t.Error(err)
		}
	})
	wait.Go(func() {
		if _, err := store.service(9).Update(context.Background(), ali, ticketID, ticket.Patch{Title: ptr("At once")}); err != nil {
			t.Error(err)
		}
	})
	wait.Wait()
	if err := store.service(9).Project(context.Background(), ticketID, 0); err != nil {
		t.Fatal(err)
	}
	all := store.log()
	want := ticket.ApplyReadMarker(logBuilder(all).ticket(), "ali", 4, all)
	got := store.ticket()
	want.Revision = got.Revision
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestProject_ClampsReadMarker sets a read marker beyond the log. It must be set to
// the end of the log, so that later messages count as unread.
func TestProject_ClampsReadMarker(t *testing.T) {
	ctx := context.Background()
	log := newLog().message(ali, "one").message(ali, "two")
	for folded := 1; folded <= len(log); folded++ {
		store := storeWith(log, folded)
		s := store.service(9)
		if err := s.MarkRead(ctx, sara, ticketID, 999_999); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Project(ctx, ticketID, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := store.ticket(); got.Readers["sara"] != (ticket.Reader{Read: 3}) || store.markers()["sara"] != 3 {
			t.Errorf("%d folded: got %+v and the marker %d, want 3", folded, got.Readers["sara"], store.markers()["sara"])
		}
		posted, err := s.Post(ctx, ali, message("c1", 3))
		if err != nil || posted.Ticket.UnreadFor(sara) != 1 {
			t.Errorf("%d folded: got %d unread, %v, want 1", folded, posted.Ticket.UnreadFor(sara), err)
		}
		if err := s.MarkRead(ctx, sara, ticketID, 4); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Detail(ctx, sara, ticketID); err != nil || got.Ticket.UnreadFor(sara) != 0 {
			t.Errorf("%d folded: got %d unread, %v, want none", folded, got.Ticket.UnreadFor(sara), err)
		}
	}
}
