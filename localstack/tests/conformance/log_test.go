package conformance

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// newEntry returns a message entry with the given sequence number.
func newEntry(ticketID string, seq int, actor user.Principal) ticket.Entry {
	return ticket.Entry{
		TicketID: ticketID, Seq: seq, Kind: ticket.KindMessage, Author: ticket.Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role},
		Body: fmt.Sprint("message ", seq), ClientID: newID(), CreatedAt: app.Now(),
		State: ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityHigh, CategoryID: "c"},
	}
}

// createLog stores a ticket with n entries. Its projection includes the first entry
// only.
func createLog(t *testing.T, db backend, n int, actor user.Principal) (string, []ticket.Entry) {
	t.Helper()
	ticketID := newID()
	first := newEntry(ticketID, 1, actor)
	first.Kind, first.Opening = ticket.KindOpened, &ticket.Opening{Title: "T", Category: ticket.Category{ID: "c"}}
	entries := []ticket.Entry{first}
	exists, err := db.open().CreateTicket(t.Context(), ticket.Fold(ticket.Ticket{}, entries), first, nil)
	if err != nil || exists {
		t.Fatalf("create: got exists %v, %v", exists, err)
	}
	for seq := 2; seq <= n; seq++ {
		e := newEntry(ticketID, seq, actor)
		if existing, err := db.open().AppendEntry(t.Context(), e); err != nil || existing != nil {
			t.Fatalf("append: got %+v, %v", existing, err)
		}
		entries = append(entries, e)
	}
	return ticketID, entries
}

// TestWasUnchanged checks that a change is recorded for its ticket, user and client id.
func TestWasUnchanged(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, userID, clientID := newID(), newID(), newID()
		for range 2 {
			must(t, db.open().RecordUnchanged(t.Context(), ticket.Unchanged{TicketID: ticketID, UserID: userID, Role: user.RoleUser, At: app.Now()}, clientID))
		}
		for _, c := range []struct {
			ticketID, userID, clientID string
			want                       bool
		}{{ticketID, userID, clientID, true}, {newID(), userID, clientID, false}, {ticketID, newID(), clientID, false}, {ticketID, userID, newID(), false}} {
			if got, err := db.open().WasUnchanged(t.Context(), c.ticketID, c.userID, c.clientID); err != nil || got != c.want {
				t.Errorf("%+v: got %v, %v", c, got, err)
			}
		}
	})
}

// TestRecordUnchanged_ClockAhead checks that reads of the newest entries contain the latest time of
// a client whose clock is ahead, and that such records do not hide entries or markers.
func TestRecordUnchanged_ClockAhead(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara, ali := customer("Sara"), agent("Ali")
		service, categoryID := newTicketService(t, db.open())
		ticketID := openTicket(t, service, categoryID, sara)
		postMessage(t, service, ali, ticketID, "hello")
		must(t, service.MarkRead(t.Context(), sara, ticketID, 2))
		at := app.Now().Add(time.Hour).Truncate(time.Millisecond)
		for _, ahead := range []time.Time{at, at.Add(-time.Minute), {}} {
			must(t, db.open().RecordUnchanged(t.Context(), ticket.Unchanged{TicketID: ticketID, UserID: sara.UserID, Role: sara.Role, At: app.Now(), ClockAhead: ahead}, newID()))
		}
		got, err := db.open().ReadLogLatest(t.Context(), ticketID, 2)
		must(t, err)
		if !got.ClockAhead[sara.UserID].Equal(at) || len(got.ClockAhead) != 1 || got.ReadMarkers[sara.UserID] != 2 || len(got.Entries) < 2 {
			t.Errorf("got %+v, want the time %v, a marker and two entries", got, at)
		}
	})
}

// TestEntry_RoundTrip stores and reads every field of every kind of entry.
func TestEntry_RoundTrip(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		actor := agent("علی")
		ticketID, want := createLog(t, db, 1, actor)
		for i, change := range []*ticket.Change{
			nil,
			{Field: "status", From: "new", To: "open"},
			{Field: "assignee", From: "someone", FromName: "Ali", To: "", Name: ""},
			{Field: "assignee", To: "someone", Name: "Ali"},
			{Field: "category", From: "a", FromNames: map[string]string{"en": "Other"}, To: "b", Names: map[string]string{"en": "Billing", "fa": "مالی"}},
		} {
			e := newEntry(ticketID, i+2, actor)
			e.Kind = []ticket.Kind{ticket.KindNote, ticket.KindStatus, ticket.KindAssignment, ticket.KindAssignment, ticket.KindCategory}[i]
			e.Body, e.Change = []string{"سلام\n\t\"quoted\" 👋", "", "", "x", "y"}[i], change
			e.ClientID, e.State.AssigneeID = []string{newID(), "", newID(), "", ""}[i], []string{"", "a", "", "b", "a"}[i]
			if i == 0 {
				e.HiddenBefore = 3
				e.Attachments = []ticket.Attachment{{ID: "f1", Name: "عکس.png", Type: "image/png", Size: 10 << 20, State: "pending"}, {ID: "f2"}}
			}
			if existing, err := db.open().AppendEntry(t.Context(), e); err != nil || existing != nil {
				t.Fatalf("append: got %+v, %v", existing, err)
			}
			want = append(want, e)
		}
		equal(t, "entries", readLog(t, db, ticketID).Entries, want)
	})
}

// TestTicket_RoundTrip stores and reads every field of a ticket.
func TestTicket_RoundTrip(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, entries := createLog(t, db, 1, customer("Sara"))
		want := ticket.Fold(ticket.Ticket{}, entries)
		at := func(n int) time.Time { return time.UnixMilli(1_780_000_000_123 + int64(n)).UTC() }
		want.Title, want.Tags = "عنوان", []string{"b", "a"}
		want.OpenedBy, want.FollowUpOf, want.FollowUps = "w", "z", []string{"y", "x"}
		want.Category = ticket.Category{ID: "c", Names: map[string]string{"en": "C"}}
		want.State.AssigneeID, want.Assignee = "a", ticket.UserRef{ID: "a", Name: "Ali"}
		want.LastSeq, want.PublicSeq, want.Messages, want.Notes = 9, 8, 5, 3
		want.Readers = map[string]ticket.Reader{"x": {Read: 3, Unread: 4}, "y": {}}
		want.Preview, want.LastActivityAt, want.WaitingSince = "…", at(1), at(2)
		want.FirstReplyAt, want.ResolvedAt, want.ClosedAt = at(3), at(4), at(5)
		want.Revision = 1
		must(t, db.open().SaveProjection(t.Context(), want))
		got := readLog(t, db, ticketID).Ticket
		equalTicket(t, got, want)
		if got.Revision != 2 {
			t.Errorf("revision: got %d, want 2", got.Revision)
		}
	})
}

// TestCreateTicket_Link creates a ticket with an entry of another one: both are written, or
// neither if the sequence number is taken.
func TestCreateTicket_Link(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara := customer("Sara")
		oldID, all := createLog(t, db, 2, sara)
		opened := newEntry(newID(), 1, sara)
		opened.Kind, opened.Opening = ticket.KindOpened, &ticket.Opening{Title: "T", Category: ticket.Category{ID: "c"}, FollowUpOf: oldID}
		tk := ticket.Fold(ticket.Ticket{}, []ticket.Entry{opened})
		link := newEntry(oldID, 2, sara)
		link.Kind, link.Change = ticket.KindFollowUp, &ticket.Change{Field: "followUp", To: tk.ID}
		_, err := db.open().CreateTicket(t.Context(), tk, opened, nil, link)
		wantCode(t, "a taken sequence number", err, apperr.Conflict)
		equal(t, "the other log", readLog(t, db, oldID).Entries, all)
		if got := readLog(t, db, tk.ID); got.Ticket.ID != "" || len(got.Entries) != 0 {
			t.Errorf("after a conflict: got %+v, want no ticket", got)
		}
		link.Seq = 3
		exists, err := db.open().CreateTicket(t.Context(), tk, opened, nil, link)
		if err != nil || exists {
			t.Fatalf("got exists %v, %v", exists, err)
		}
		equal(t, "the other log", readLog(t, db, oldID).Entries, append(all, link))
		got := readLog(t, db, tk.ID)
		equal(t, "the new log", got.Entries, []ticket.Entry{opened})
		equalTicket(t, got.Ticket, tk)
		if exists, err := db.open().CreateTicket(t.Context(), tk, opened, nil, link); err != nil || !exists {
			t.Errorf("a repeat: got exists %v, %v", exists, err)
		}
	})
}

// TestReadLog reads a log with read markers by all methods.
func TestReadLog(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		const n = 30
		actor := customer("Sara")
		ticketID, all := createLog(t, db, n, actor)
		markers := map[string]int{}
		for i := range 7 { // more than expected by ReadLogLatest
			reader := ticket.Author{ID: fmt.Sprint("reader", i), Role: user.RoleSupport}
			must(t, db.open().CreateReadMarker(t.Context(), ticket.ReadMarker{TicketID: ticketID, Reader: reader, Seq: i + 1}))
			markers[reader.ID] = i + 1
		}
		tk := ticket.Fold(ticket.Ticket{}, all[:1])
		check := func(what string, got ticket.Log, err error, want []ticket.Entry, complete bool) {
			t.Helper()
			if err != nil || len(got.Entries)+len(want) > 0 && !reflect.DeepEqual(got.Entries, want) {
				t.Fatalf("%s: got %+v, %v\nwant %+v", what, got.Entries, err, want)
			}
			if complete {
				equal(t, what+": read markers", got.ReadMarkers, markers)
				equalTicket(t, got.Ticket, tk)
			}
		}
		for _, from := range []int{0, 1, 2, 17, n, n + 1, 9_999_999_999} {
			got, err := db.open().ReadLogFrom(t.Context(), ticketID, from)
			check(fmt.Sprint("from ", from), got, err, all[min(max(from, 1)-1, n):], true)
		}
		for _, last := range []int{1, 2, 25, n, n + 5} {
			got, err := db.open().ReadLogLatest(t.Context(), ticketID, last)
			if len(got.Entries) < min(last, n) {
				t.Errorf("latest %d: got only %d", last, len(got.Entries))
			}
			check(fmt.Sprint("newest ", last), got, err, all[n-len(got.Entries):], true)
		}
		for _, c := range []struct{ from, n int }{{1, 100}, {1, n}, {n - 3, 4}, {n - 3, 13}, {n, 2}, {n + 1, 100}} {
			got, end, err := db.open().ReadLogPage(t.Context(), ticketID, c.from, c.n)
			some := all[min(c.from-1, n):]
			check(fmt.Sprintf("page %+v", c), got, err, some[:min(c.n, len(some))], end)
			if want := len(some)+len(markers)+1 < c.n; want != end {
				t.Errorf("page %+v: got end %v", c, end)
			}
		}
		for _, c := range []struct{ from, to, n int }{{1, n, 100}, {5, 9, 100}, {5, 9, 3}, {28, 99, 2}, {7, 7, 1}} {
			some := all[c.from-1 : min(c.to, n)]
			got, err := db.open().ReadLogRange(t.Context(), ticketID, c.from, c.to, c.n, false)
			check(fmt.Sprintf("%+v", c), got, err, some[:min(c.n, len(some))], false)
			got, err = db.open().ReadLogRange(t.Context(), ticketID, c.from, c.to, c.n, true)
			check(fmt.Sprintf("%+v backward", c), got, err, some[len(some)-min(c.n, len(some)):], false)
		}
	})
}

// TestReadLog_Over1MB checks that a read continues after DynamoDB's page limit of 1 MB.
func TestReadLog_Over1MB(t *testing.T) {
	actor := customer("Sara")
	ticketID, want := createLog(t, onDynamo, 1, actor)
	for seq := 2; seq <= 31; seq++ {
		e := newEntry(ticketID, seq, actor)
		e.Body = strings.Repeat("👋", 10_000)
		if _, err := openStore().AppendEntry(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want = append(want, e)
	}
	if got := readLog(t, onDynamo, ticketID); len(got.Entries) != len(want) || got.Ticket.ID != ticketID {
		t.Errorf("from 1: got %d entries and the ticket %q, want %d", len(got.Entries), got.Ticket.ID, len(want))
	}
	if got, err := openStore().ReadLogLatest(t.Context(), ticketID, 31); err != nil || !reflect.DeepEqual(got.Entries, want) {
		t.Errorf("latest: got %d entries, %v, want %d", len(got.Entries), err, len(want))
	}
}

func TestReadLog_UnknownTicket(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for name, read := range map[string]func() (ticket.Log, error){
			"tail":   func() (ticket.Log, error) { return db.open().ReadLogFrom(t.Context(), newID(), 1) },
			"newest": func() (ticket.Log, error) { return db.open().ReadLogLatest(t.Context(), newID(), 10) },
		} {
			if got, err := read(); err != nil || got.Ticket.ID != "" || len(got.Entries) != 0 {
				t.Errorf("%s: got %+v, %v, want an empty log", name, got, err)
			}
		}
		if moved, err := db.open().AdvanceReadMarker(t.Context(), ticket.ReadMarker{TicketID: newID(), Seq: 1}); err != nil || moved {
			t.Errorf("advance read marker: got %v, %v", moved, err)
		}
	})
}

// TestTicketsWithNumber checks that a ticket is found by its number before and after the stream
// has recorded it, with others of the number, and until it was purged.
func TestTicketsWithNumber(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		sara, reza := customer("Sara"), customer("Reza")
		first, _ := createLog(t, db, 1, sara)
		second := "7" + first[1:] // the number is at the end
		e := newEntry(second, 1, reza)
		e.Kind, e.Opening, e.CreatedAt = ticket.KindOpened, &ticket.Opening{Title: "T", Category: ticket.Category{ID: "c"}}, app.Now().AddDate(-1, 0, 0)
		_, err := db.open().CreateTicket(t.Context(), ticket.Fold(ticket.Ticket{}, []ticket.Entry{e}), e, nil)
		must(t, err)
		found := func(customerID, want string) {
			t.Helper()
			await(t, func() error {
				ids, err := db.open().TicketsWithNumber(t.Context(), id.Number(first), customerID)
				if err == nil && !slices.Contains(ids, want) {
					err = fmt.Errorf("got %v, want %s", ids, want)
				}
				return err
			})
		}
		found(sara.UserID, first)
		found(reza.UserID, second)
		if db.name == onDynamo.name {
			store := openStore()
			must(t, store.AddOwnTicket(t.Context(), sara.UserID, first))
			must(t, store.AddOwnTicket(t.Context(), reza.UserID, second))
			found("", second)
			must(t, store.PurgeTicket(t.Context(), second, ticket.Log{}))
			if ids, err := store.TicketsWithNumber(t.Context(), id.Number(first), ""); err != nil || !slices.Equal(ids, []string{first}) {
				t.Errorf("after one was purged: got %v, %v", ids, err)
			}
		}
		found("", first)
	})
}
