package ticket

import (
	"context"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
)

func TestNeeded(t *testing.T) {
	log := long(9)
	for _, c := range []struct {
		name    string
		folded  int
		readers map[string]Reader
		marks   map[string]int
		want    int
	}{
		{"nothing read", 5, nil, nil, 6},
		{"marks that are folded in", 5, map[string]Reader{"sara": {Read: 3}}, map[string]int{"sara": 3}, 6},
		{"a mark that moved", 5, map[string]Reader{"sara": {Read: 1}}, map[string]int{"sara": 3}, 4},
		{"a first mark", 5, nil, map[string]int{"sara": 2}, 3},
		{"two marks, the lower counts", 5, nil, map[string]int{"sara": 4, "ali": 1}, 2},
		{"a mark behind the head", 5, nil, map[string]int{"sara": 7}, 6},
	} {
		h := log[:c.folded].head()
		h.Readers = c.readers
		if got := needed(Log{Head: h, Marks: c.marks}); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestProjected(t *testing.T) {
	log := opening().says(ali, "one").says(ali, "two").notes(ali, "three")
	old := log.head()
	old.Revision = 2
	fresh := log.head()
	fresh.Revision = 1
	behind := log[:2].head()
	behind.Revision = 2
	for _, c := range []struct {
		name    string
		log     Log
		changed bool
		reader  Reader // Sara's
		last    int
	}{
		{"nothing new", Log{Head: old, Entries: log}, false, Reader{}, 4},
		{"nothing new, but in no list yet", Log{Head: fresh, Entries: log}, true, Reader{}, 4},
		{"new entries", Log{Head: behind, Entries: log[2:]}, true, Reader{}, 4},
		{"a mark", Log{Head: old, Entries: log[2:], Marks: map[string]int{"sara": 2}}, true, Reader{2, 1}, 4},
		{"a mark on an entry that is new itself", Log{Head: behind, Entries: log[2:], Marks: map[string]int{"sara": 3}}, true, Reader{3, 0}, 4},
	} {
		got, changed := projected(c.log)
		if changed != c.changed || got.Readers["sara"] != c.reader || got.LastSeq != c.last {
			t.Errorf("%s: got %v, %+v, last %d, want %v, %+v, last %d", c.name, changed, got.Readers["sara"], got.LastSeq, c.changed, c.reader, c.last)
		}
	}
}

// TestProjectBearsTheStream: hints doubled, in any order and partly lost; after
// one last hint the head is the fold of the log.
func TestProjectBearsTheStream(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		log := long(20)
		s := holding(log, 1)
		var hints []int
		for seq := 2; seq <= len(log); seq++ {
			for range chance.IntN(3) { // lost, once or twice
				hints = append(hints, seq)
			}
		}
		hints = append(hints, 0) // a read mark's
		chance.Shuffle(len(hints), func(i, j int) { hints[i], hints[j] = hints[j], hints[i] })
		for _, seq := range append(hints, len(log)) {
			if err := s.desk(9).Project(context.Background(), ticketID, seq); err != nil {
				t.Fatal(err)
			}
		}
		got, want := s.head(), log.head()
		want.Revision = got.Revision
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("after the hints %v:\ngot  %+v\nwant %+v", hints, got, want)
		}
	}
}

// TestProjectWritesOnlyNews: a doubled hint costs a read and nothing else.
func TestProjectWritesOnlyNews(t *testing.T) {
	log := long(10)
	s := holding(log, 9)
	for i, want := range []int{1, 1, 1} {
		if err := s.desk(9).Project(context.Background(), ticketID, 10); err != nil {
			t.Fatal(err)
		}
		if s.writes != want {
			t.Errorf("after %d hints: got %d writes, want %d", i+1, s.writes, want)
		}
	}
	if err := newShelf().desk(9).Project(context.Background(), ticketID, 3); err != nil {
		t.Errorf("a ticket that is gone: got %v", err)
	}
}

// TestProjectAtOnce: projections and a change side by side lose nothing.
func TestProjectAtOnce(t *testing.T) {
	log := long(30)
	s := holding(log, 1)
	var wait sync.WaitGroup
	for seq := 2; seq <= len(log); seq += 7 {
		wait.Go(func() {
			if err := s.desk(9).Project(context.Background(), ticketID, seq); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Go(func() {
		if err := s.desk(9).Read(context.Background(), ali, ticketID, 4); err != nil {
			t.Error(err)
		}
	})
	wait.Go(func() {
		if _, err := s.desk(9).Edit(context.Background(), ali, ticketID, Patch{Title: ptr("At once")}); err != nil {
			t.Error(err)
		}
	})
	wait.Wait()
	if err := s.desk(9).Project(context.Background(), ticketID, 0); err != nil {
		t.Fatal(err)
	}
	all := s.log()
	want := MarkRead(story(all).head(), "ali", 4, true, all)
	got := s.head()
	want.Revision = got.Revision
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestMarkBeyondTheLog: it is taken back to the end, so that what comes later
// is unread again and the mark can move.
func TestMarkBeyondTheLog(t *testing.T) {
	ctx := context.Background()
	log := opening().says(ali, "one").says(ali, "two")
	for folded := 1; folded <= len(log); folded++ {
		s := holding(log, folded)
		d := s.desk(9)
		if err := d.Read(ctx, sara, ticketID, 999_999); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Project(ctx, ticketID, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.head(); got.Readers["sara"] != (Reader{Read: 3}) || s.tickets[ticketID].marks["sara"] != 3 {
			t.Errorf("%d folded: got %+v and the mark %d, want 3", folded, got.Readers["sara"], s.tickets[ticketID].marks["sara"])
		}
		posted, err := d.Post(ctx, ali, message("c1", 3))
		if err != nil || posted.Head.UnreadFor(sara) != 1 {
			t.Errorf("%d folded: got %d unread, %v, want 1", folded, posted.Head.UnreadFor(sara), err)
		}
		if err := d.Read(ctx, sara, ticketID, 4); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Detail(ctx, sara, ticketID); err != nil || got.Head.UnreadFor(sara) != 0 {
			t.Errorf("%d folded: got %d unread, %v, want none", folded, got.Head.UnreadFor(sara), err)
		}
	}
}
