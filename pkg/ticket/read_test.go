package ticket_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestService_ForeignTicketNotFound calls all operations on a ticket of another
// customer and on tickets that do not exist. Nothing may be written.
func TestService_ForeignTicketNotFound(t *testing.T) {
	ctx := context.Background()
	for name, run := range map[string]func(s *ticket.Service, actor user.Principal, id string) error{
		"detail": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Detail(ctx, actor, id)
			return err
		},
		"by number": func(s *ticket.Service, actor user.Principal, ticketID string) error {
			_, err := s.ByNumber(ctx, actor, id.Number(ticketID))
			return err
		},
		"entries": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Entries(ctx, actor, id, ticket.EntryQuery{Limit: 5})
			return err
		},
		"post": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Post(ctx, actor, ticket.Message{TicketID: id, ClientID: "c1", Body: "hi"})
			return err
		},
		"note": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Post(ctx, actor, ticket.Message{TicketID: id, ClientID: "c1", Body: "hi", Internal: true, After: 1})
			return err
		},
		"read": func(s *ticket.Service, actor user.Principal, id string) error { return s.MarkRead(ctx, actor, id, 1) },
		"edit": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Update(ctx, actor, id, ticket.Patch{Title: ptr("x")})
			return err
		},
		"tags": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Update(ctx, actor, id, ticket.Patch{Tags: &[]string{"x"}})
			return err
		},
		"close": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Close(ctx, actor, id, "c1")
			return err
		},
		"reopen": func(s *ticket.Service, actor user.Principal, id string) error {
			_, err := s.Reopen(ctx, actor, id, "c1")
			return err
		},
	} {
		for _, c := range []struct {
			actor user.Principal
			id    string
		}{{reza, ticketID}, {ali, "01BX5ZZKBKACTAV9WEVGEMMVRZ"}, {sara, "01BX5ZZKBKACTAV9WEVGEMMVRZ"}, {ali, "nonsense"}, {sara, ""}} {
			store := storeWith(newLog(), 1)
			if err := run(store.service(5), c.actor, c.id); !apperr.Is(err, apperr.TicketNotFound) {
				t.Errorf("%s by %s on %q: got %v, want %s", name, c.actor.Name, c.id, err, apperr.TicketNotFound)
			}
			if len(store.log()) != 1 || len(store.tickets()) != 1 || len(store.markers()) != 0 {
				t.Errorf("%s by %s on %q: data was written", name, c.actor.Name, c.id)
			}
		}
	}
}

// TestDetail_OpeningAndReaders checks the opening of short and long logs, and how far others
// have read. Customers do not learn that somebody has read a note.
func TestDetail_OpeningAndReaders(t *testing.T) {
	short := newLog().message(ali, "a").note(mina, "n").note(ali, "n") // 4 entries
	long := short
	for range 30 {
		long = long.message(sara, "more")
	}
	for name, c := range map[string]struct {
		log                 logBuilder
		read                map[string]int // by user
		forCustomer, forAli string
		reads               int
	}{
		"short log":               {short, map[string]int{"ali": 4, "mina": 1, "sara": 2}, "ali 2, mina 1, sara 2", "ali 4, mina 1, sara 2", 1},
		"long log":                {long, map[string]int{"ali": 34, "mina": 4}, "ali 34, mina 1", "ali 34, mina 4", 2},
		"nothing read":            {short, map[string]int{"ali": 0}, "", "", 1},
		"marker behind the end":   {short, map[string]int{"ali": 99}, "ali 2", "ali 4", 1},
		"marker in the long page": {long, map[string]int{"mina": 20}, "mina 20", "mina 20", 2},
	} {
		store := storeWith(c.log, len(c.log))
		for _, actor := range []user.Principal{sara, ali, mina} {
			if seq, ok := c.read[actor.UserID]; ok {
				must(store.raw.CreateReadMarker(t.Context(), ticket.ReadMarker{TicketID: ticketID, Reader: authorOf(actor), Seq: seq}))
			}
		}
		for _, actor := range []user.Principal{sara, ali} {
			store.reads = 0
			d, err := store.service(50).Detail(t.Context(), actor, ticketID)
			if err != nil || store.reads != c.reads {
				t.Fatalf("%s by %s: got %d reads, %v, want %d", name, actor.Name, store.reads, err, c.reads)
			}
			if !reflect.DeepEqual(d.Opening, c.log[0]) {
				t.Errorf("%s by %s: got opening %+v", name, actor.Name, d.Opening)
			}
			var got []string
			for _, m := range d.Readers {
				got = append(got, fmt.Sprint(m.Reader.ID, " ", m.Seq))
			}
			want := c.forAli
			if actor.UserID == sara.UserID {
				want = c.forCustomer
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s by %s: got readers %q, want %q", name, actor.Name, got, want)
			}
		}
	}
}

// modelPage computes the expected page from the whole log.
func modelPage(log logBuilder, actor user.Principal, q ticket.EntryQuery) ticket.EntryPage {
	out := ticket.EntryPage{}
	var all []ticket.Entry
	for _, e := range log {
		if !e.VisibleTo(actor.Role) {
			continue
		}
		out.LastSeq = e.Seq
		if (!q.MessagesOnly || e.IsMessage()) && e.Seq > q.After && (q.Before == 0 || e.Seq < q.Before) {
			all = append(all, e)
		}
	}
	if out.HasMore = len(all) > q.Limit; out.HasMore && q.Backward {
		all = all[len(all)-q.Limit:]
		out.Next = all[0].Seq
	} else if out.HasMore {
		all = all[:q.Limit]
		out.Next = all[q.Limit-1].Seq
	}
	out.Entries = all
	return out
}

// TestEntries_MatchModel reads every kind of page of a log with notes.
func TestEntries_MatchModel(t *testing.T) {
	log := randomLog(33)
	var queries []ticket.EntryQuery
	for _, limit := range []int{1, 3, 10, 100} {
		for at := 0; at <= len(log)+2; at++ {
			queries = append(queries, ticket.EntryQuery{After: at, Limit: limit}, ticket.EntryQuery{Before: at, Limit: limit, Backward: true})
		}
	}
	for _, q := range queries {
		for _, actor := range []user.Principal{sara, ali} {
			for _, q.MessagesOnly = range []bool{false, true} {
				want := modelPage(log, actor, q)
				got, err := storeWith(log, 5).service(9).Entries(context.Background(), actor, ticketID, q)
				if err != nil || len(got.Entries)+len(want.Entries) > 0 && !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, %+v: got %+v, %v\nwant %+v", actor.Name, q, got, err, want)
				}
			}
		}
	}
}

// TestEntries_PagingIsComplete pages in both directions.
func TestEntries_PagingIsComplete(t *testing.T) {
	log := randomLog(50)
	s := storeWith(log, 50).service(9)
	for _, actor := range []user.Principal{sara, ali} {
		for _, backward := range []bool{false, true} {
			q, met := ticket.EntryQuery{Limit: 7, Backward: backward}, []ticket.Entry(nil)
			for {
				got, err := s.Entries(context.Background(), actor, ticketID, q)
				if err != nil {
					t.Fatal(err)
				}
				if backward {
					met, q.Before = append(got.Entries, met...), got.Entries[0].Seq
				} else {
					met, q.After = append(met, got.Entries...), got.Entries[len(got.Entries)-1].Seq
				}
				if !got.HasMore {
					break
				}
			}
			if want := ticket.FilterVisible(log, actor, ticket.EntryQuery{}); !reflect.DeepEqual(met, want) {
				t.Errorf("%s, backward %v: got %d entries, want %d", actor.Name, backward, len(met), len(want))
			}
		}
	}
}

func TestDetail(t *testing.T) {
	short, notes := newLog().message(ali, "hello"), newLog().message(sara, "hello")
	for len(notes) < 60 {
		notes = notes.note(ali, "hm")
	}
	for _, c := range []struct {
		name  string
		log   logBuilder
		actor user.Principal
	}{
		{"short", short, sara}, {"long", randomLog(60), sara}, {"long", randomLog(60), ali}, {"many notes", notes, sara}, {"many notes", notes, mina},
	} {
		for _, folded := range []int{1, len(c.log)} {
			store := storeWith(c.log, folded)
			got, err := store.service(9).Detail(context.Background(), c.actor, ticketID)
			want := modelPage(c.log, c.actor, ticket.EntryQuery{Limit: 20, Backward: true})
			if err != nil || !reflect.DeepEqual(got.Entries, want.Entries) || got.HasMore != want.HasMore {
				t.Fatalf("%s for %s: got %d entries, more %v, %v, want %d, %v",
					c.name, c.actor.Name, len(got.Entries), got.HasMore, err, len(want.Entries), want.HasMore)
			}
			wantTicket := c.log.ticket()
			wantTicket.Revision, wantTicket.Description = got.Ticket.Revision, got.Opening.Body
			if !reflect.DeepEqual(got.Ticket, wantTicket) {
				t.Errorf("%s, %d folded: got %+v\nwant %+v", c.name, folded, got.Ticket, wantTicket)
			}
			wantReads := 1
			if len(c.log) > 21 {
				wantReads = 2 // the opening
			}
			if folded == len(c.log) && c.actor.Role.IsStaff() && store.reads != wantReads {
				t.Errorf("%s: got %d reads, want %d", c.name, store.reads, wantReads)
			}
		}
	}
}

func TestMarkRead(t *testing.T) {
	ctx := context.Background()
	log := newLog().message(ali, "one").note(ali, "two").message(ali, "three")
	store := storeWith(log, len(log))
	s := store.service(9)
	for i, c := range []struct {
		actor          user.Principal
		seq            int
		marker, unread int
		writes         int
	}{
		{sara, 0, 0, 2, 2}, // the first marker takes two writes
		{sara, 2, 2, 1, 1},
		{sara, 1, 2, 1, 1}, // never moves back
		{sara, 4, 4, 0, 1},
		{mina, 2, 2, 2, 2},
	} {
		store.writes = 0
		if err := s.MarkRead(ctx, c.actor, ticketID, c.seq); err != nil {
			t.Fatal(err)
		}
		if got := store.markers()[c.actor.UserID]; got != c.marker || store.writes != c.writes {
			t.Errorf("%d: got the marker %d in %d writes, want %d in %d", i, got, store.writes, c.marker, c.writes)
		}
		// Detail includes the marker before the projection does.
		if got, err := s.Detail(ctx, c.actor, ticketID); err != nil || got.Ticket.UnreadFor(c.actor) != c.unread {
			t.Errorf("%d: got %d unread, %v, want %d", i, got.Ticket.UnreadFor(c.actor), err, c.unread)
		}
		if err := s.Project(ctx, ticketID, 0); err != nil {
			t.Fatal(err)
		}
		if got := store.ticket(); got.UnreadFor(c.actor) != c.unread || got.Readers[c.actor.UserID].Read != c.marker {
			t.Errorf("%d: the ticket has %+v, want %d at %d", i, got.Readers[c.actor.UserID], c.unread, c.marker)
		}
	}
}

// TestByNumber checks who finds a ticket by its number, however it is typed.
func TestByNumber(t *testing.T) {
	s := storeWith(newLog(), 1).service(5)
	number := id.Number(ticketID)
	persian := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '\u06f0'
		}
		return r
	}, number)
	for _, actor := range []user.Principal{sara, ali} {
		for _, typed := range []string{number, strings.ToLower(strings.ReplaceAll(number, "-", "")), " " + strings.ReplaceAll(number, "-", " \u2013 "), persian} {
			if tk, err := s.ByNumber(t.Context(), actor, typed); err != nil || tk.ID != ticketID || tk.Description == "" {
				t.Errorf("%s, %q: got %q, %v", actor.Name, typed, tk.ID, err)
			}
		}
	}
}
