package ticket

import (
	"context"
	"reflect"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// TestOthersTickets: to another customer the ticket does not exist, whatever
// he tries, and so it is with one that is not there.
func TestOthersTickets(t *testing.T) {
	ctx := context.Background()
	for name, run := range map[string]func(d *Desk, who user.Principal, id string) error{
		"detail": func(d *Desk, who user.Principal, id string) error { _, err := d.Detail(ctx, who, id); return err },
		"entries": func(d *Desk, who user.Principal, id string) error {
			_, err := d.Entries(ctx, who, id, Page{Limit: 5})
			return err
		},
		"post": func(d *Desk, who user.Principal, id string) error {
			_, err := d.Post(ctx, who, Message{TicketID: id, ClientID: "c1", Body: "hi"})
			return err
		},
		"note": func(d *Desk, who user.Principal, id string) error {
			_, err := d.Post(ctx, who, Message{TicketID: id, ClientID: "c1", Body: "hi", Internal: true, After: 1})
			return err
		},
		"read": func(d *Desk, who user.Principal, id string) error { return d.Read(ctx, who, id, 1) },
		"edit": func(d *Desk, who user.Principal, id string) error {
			_, err := d.Edit(ctx, who, id, Patch{Title: ptr("x")})
			return err
		},
		"tags": func(d *Desk, who user.Principal, id string) error {
			_, err := d.Edit(ctx, who, id, Patch{Tags: &[]string{"x"}})
			return err
		},
		"close":  func(d *Desk, who user.Principal, id string) error { _, err := d.Close(ctx, who, id, "c1"); return err },
		"reopen": func(d *Desk, who user.Principal, id string) error { _, err := d.Reopen(ctx, who, id, "c1"); return err },
	} {
		for _, c := range []struct {
			who user.Principal
			id  string
		}{{reza, ticketID}, {ali, "01BX5ZZKBKACTAV9WEVGEMMVRZ"}, {sara, "01BX5ZZKBKACTAV9WEVGEMMVRZ"}, {ali, "nonsense"}, {sara, ""}} {
			s := holding(opening(), 1)
			if err := run(s.desk(5), c.who, c.id); !fault.Is(err, fault.TicketNotFound) {
				t.Errorf("%s by %s on %q: got %v, want %s", name, c.who.Name, c.id, err, fault.TicketNotFound)
			}
			if len(s.log()) != 1 || len(s.tickets) != 1 || len(s.tickets[ticketID].marks) != 0 {
				t.Errorf("%s by %s on %q: something was written", name, c.who.Name, c.id)
			}
		}
	}
}

// pageOf is a page by the book.
func pageOf(log story, who user.Principal, p Page) Stretch {
	out := Stretch{}
	var all []Entry
	for _, e := range log {
		if !e.VisibleTo(who.Role) {
			continue
		}
		out.LastSeq = e.Seq
		if (!p.MessagesOnly || e.IsMessage()) && e.Seq > p.After && (p.Before == 0 || e.Seq < p.Before) {
			all = append(all, e)
		}
	}
	if out.HasMore = len(all) > p.Limit; out.HasMore && p.Backward {
		all = all[len(all)-p.Limit:]
	} else if out.HasMore {
		all = all[:p.Limit]
	}
	out.Entries = all
	return out
}

// TestEntriesByTheBook asks for every kind of page of a log with notes in it.
func TestEntriesByTheBook(t *testing.T) {
	log := long(33)
	var pages []Page
	for _, limit := range []int{1, 3, 10, 100} {
		for at := 0; at <= len(log)+2; at++ {
			pages = append(pages, Page{After: at, Limit: limit}, Page{Before: at, Limit: limit, Backward: true})
		}
	}
	for _, p := range pages {
		for _, who := range []user.Principal{sara, ali} {
			for _, p.MessagesOnly = range []bool{false, true} {
				want := pageOf(log, who, p)
				got, err := holding(log, 5).desk(9).Entries(context.Background(), who, ticketID, p)
				if err != nil || len(got.Entries)+len(want.Entries) > 0 && !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, %+v: got %+v, %v\nwant %+v", who.Name, p, got, err, want)
				}
			}
		}
	}
}

// TestPagingMeetsEveryEntryOnce, in both directions.
func TestPagingMeetsEveryEntryOnce(t *testing.T) {
	log := long(50)
	d := holding(log, 50).desk(9)
	for _, who := range []user.Principal{sara, ali} {
		for _, backward := range []bool{false, true} {
			p, met := Page{Limit: 7, Backward: backward}, []Entry(nil)
			for {
				got, err := d.Entries(context.Background(), who, ticketID, p)
				if err != nil {
					t.Fatal(err)
				}
				if backward {
					met, p.Before = append(got.Entries, met...), got.Entries[0].Seq
				} else {
					met, p.After = append(met, got.Entries...), got.Entries[len(got.Entries)-1].Seq
				}
				if !got.HasMore {
					break
				}
			}
			if want := visible(log, who, Page{}); !reflect.DeepEqual(met, want) {
				t.Errorf("%s, backward %v: met %d entries, want %d", who.Name, backward, len(met), len(want))
			}
		}
	}
}

func TestDetail(t *testing.T) {
	short, notes := opening().says(ali, "hello"), opening().says(sara, "hello")
	for len(notes) < 60 {
		notes = notes.notes(ali, "hm")
	}
	for _, c := range []struct {
		name string
		log  story
		who  user.Principal
	}{
		{"short", short, sara}, {"long", long(60), sara}, {"long", long(60), ali}, {"a wall of notes", notes, sara}, {"a wall of notes", notes, mina},
	} {
		for _, folded := range []int{1, len(c.log)} {
			s := holding(c.log, folded)
			got, err := s.desk(9).Detail(context.Background(), c.who, ticketID)
			want := pageOf(c.log, c.who, Page{Limit: 20, Backward: true})
			if err != nil || !reflect.DeepEqual(got.Entries, want.Entries) || got.HasMore != want.HasMore {
				t.Fatalf("%s for %s: got %d entries, more %v, %v, want %d, %v",
					c.name, c.who.Name, len(got.Entries), got.HasMore, err, len(want.Entries), want.HasMore)
			}
			head := c.log.head()
			head.Revision = got.Head.Revision
			if !reflect.DeepEqual(got.Head, head) {
				t.Errorf("%s, %d folded: got %+v\nwant %+v", c.name, folded, got.Head, head)
			}
			if folded == len(c.log) && c.who.Role.Staff() && s.reads != 1 {
				t.Errorf("%s: got %d reads, want 1", c.name, s.reads)
			}
		}
	}
}

func TestRead(t *testing.T) {
	ctx := context.Background()
	log := opening().says(ali, "one").notes(ali, "two").says(ali, "three")
	s := holding(log, len(log))
	d := s.desk(9)
	for i, c := range []struct {
		who          user.Principal
		seq          int
		mark, unread int
		writes       int
	}{
		{sara, 0, 0, 2, 2}, // the first mark is looked up before
		{sara, 2, 2, 1, 1},
		{sara, 1, 2, 1, 1}, // never back
		{sara, 4, 4, 0, 1},
		{mina, 2, 2, 2, 2},
	} {
		s.writes = 0
		if err := d.Read(ctx, c.who, ticketID, c.seq); err != nil {
			t.Fatal(err)
		}
		if got := s.tickets[ticketID].marks[c.who.UserID]; got != c.mark || s.writes != c.writes {
			t.Errorf("%d: got the mark %d in %d writes, want %d in %d", i, got, s.writes, c.mark, c.writes)
		}
		// The detail shows it before the stream does.
		if got, err := d.Detail(ctx, c.who, ticketID); err != nil || got.Head.UnreadFor(c.who) != c.unread {
			t.Errorf("%d: got %d unread, %v, want %d", i, got.Head.UnreadFor(c.who), err, c.unread)
		}
		if err := d.Project(ctx, ticketID, 0); err != nil {
			t.Fatal(err)
		}
		if got := s.head(); got.UnreadFor(c.who) != c.unread || got.Readers[c.who.UserID].Read != c.mark {
			t.Errorf("%d: the head has %+v, want %d at %d", i, got.Readers[c.who.UserID], c.unread, c.mark)
		}
	}
}
