package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/wiring"
)

// on is the table with its clock stopped.
func on(now time.Time) *table.Table {
	return table.New(house.config, house.table, func() time.Time { return now })
}

// figures reads the report of one day. Tests that count share a table with all
// others, so each counts on days of its own, long past.
func figures(t *testing.T, day time.Time) stats.Report {
	t.Helper()
	now := day.Add(12 * time.Hour)
	p := stats.Period{From: day, To: day}
	record, err := on(now).Figures(t.Context(), p)
	must(t, err)
	return stats.Make(p, now, record)
}

// TestCountedOnce: tickets live by chance; every entry is told of doubled, in
// any order, to two counters side by side. The day's numbers and the backlog of
// the category are what the logs say.
func TestCountedOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2019, 5, 6, 0, 0, 0, 0, time.UTC)
	desk, categoryID := newDesk(t, open())
	desk.Now = func() time.Time { return day.Add(3 * time.Hour) }
	chance := rand.New(rand.NewPCG(5, 5))
	var hints []ticket.Entry
	var want stats.Day
	answered := 0
	for range 6 {
		sara := customer("Sara")
		ticketID := openTicket(t, desk, categoryID, sara)
		live(t, chance, desk, ticketID, sara, 15)
		log := wholeLog(t, ticketID).Entries
		hints = append(hints, log...)
		tally(&want, &answered, log)
	}
	hints = append(hints, hints...)
	chance.Shuffle(len(hints), func(i, j int) { hints[i], hints[j] = hints[j], hints[i] })
	var wait sync.WaitGroup
	for part := range slices.Chunk(hints, (len(hints)+3)/4) {
		counter := &stats.Counter{Store: open()}
		wait.Go(func() {
			for _, e := range part {
				if err := counter.Follow(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	r := figures(t, day)
	want.Day = "2019-05-06"
	if r.Days[0] != want {
		t.Errorf("got %+v, want %+v", r.Days[0], want)
	}
	if r.FirstResponse.Count != answered {
		t.Errorf("got %d first responses, want %d", r.FirstResponse.Count, answered)
	}
}

// TestStepsAreGuarded: of two that count from the same state one is refused.
func TestStepsAreGuarded(t *testing.T) {
	t.Parallel()
	desk, categoryID := newDesk(t, open())
	desk.Now = func() time.Time { return time.Date(2019, 4, 5, 3, 0, 0, 0, time.UTC) }
	ticketID := openTicket(t, desk, categoryID, customer("Sara"))
	for _, what := range []string{"opened", "answered"} {
		was, entries, err := open().CountedFrom(t.Context(), ticketID, 1)
		must(t, err)
		step := stats.Step{Was: was}
		step.Now, step.Delta = stats.Fold(was, entries)
		for _, second := range []bool{false, true} {
			if refused, err := open().Advance(t.Context(), []stats.Step{step}); err != nil || refused[0] != second {
				t.Errorf("%s, a second time %v: got refused %v, %v", what, second, refused, err)
			}
		}
		say(t, desk, agent("Ali"), ticketID, "hello")
	}
}

// tally counts one log the plain way.
func tally(d *stats.Day, answered *int, log []ticket.Entry) {
	was, replied := ticket.Status(""), false
	d.Created++
	for _, e := range log {
		now := e.State.Status
		switch {
		case now == was:
		case now == ticket.StatusResolved:
			d.Resolved++
		case now == ticket.StatusClosed:
			d.Closed++
		case was == ticket.StatusResolved || was == ticket.StatusClosed:
			d.Reopened++
		}
		if e.Kind == ticket.KindMessage && e.Author.Role.Staff() && !replied {
			replied = true
			*answered++
		}
		was = now
	}
}

// TestForgottenTicket: a deleted ticket leaves the age of the backlog, once.
func TestForgottenTicket(t *testing.T) {
	t.Parallel()
	day := time.Date(2019, 6, 7, 0, 0, 0, 0, time.UTC)
	desk, categoryID := newDesk(t, open())
	desk.Now = func() time.Time { return day.Add(3 * time.Hour) }
	counter := &stats.Counter{Store: open()}
	var tickets []string
	for range 2 {
		ticketID := openTicket(t, desk, categoryID, customer("Sara"))
		tickets = append(tickets, ticketID)
		for range 2 {
			must(t, counter.Follow(t.Context(), wholeLog(t, ticketID).Entries[0]))
		}
	}
	if got := figures(t, day).Age.UnderDay; got != 2 {
		t.Errorf("got %d young tickets, want 2", got)
	}
	for range 2 {
		must(t, counter.Forget(t.Context(), tickets[0]))
		must(t, counter.Follow(t.Context(), wholeLog(t, tickets[0]).Entries[0]))
	}
	if r := figures(t, day); r.Age.UnderDay != 1 || r.Days[0].Created != 2 {
		t.Errorf("got %d young tickets of %d, want 1 of 2", r.Age.UnderDay, r.Days[0].Created)
	}
}

// TestOpenSockets: noted twice counts once; what has expired does not count.
func TestOpenSockets(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 1, 1, 10, 30, 0, 0, time.UTC) // no other socket is open then
	sockets := func(at time.Time) int {
		record, err := on(at).Figures(t.Context(), stats.Month(at))
		must(t, err)
		return record.Sockets
	}
	for i := range 40 {
		for range 2 {
			must(t, open().NoteSocket(t.Context(), newID(), now.Add(time.Duration(i-1)*time.Minute), true))
		}
	}
	one := newID()
	for range 2 {
		must(t, open().NoteSocket(t.Context(), one, now.Add(time.Hour), true))
	}
	if got := sockets(now); got != 2*38+1 {
		t.Errorf("got %d open sockets, want %d", got, 2*38+1)
	}
	for range 2 {
		must(t, open().NoteSocket(t.Context(), one, now.Add(time.Hour), false))
	}
	if got := sockets(now.Add(10 * time.Minute)); got != 2*28 {
		t.Errorf("10 minutes later: got %d open sockets, want %d", got, 2*28)
	}
}

// TestActivity: the newest first, over the days, page by page, each once.
func TestActivity(t *testing.T) {
	t.Parallel()
	now := time.Date(2032, 1, 20, 23, 59, 59, 999_000_000, time.UTC) // nothing else happens then
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	at := now.AddDate(0, 0, -20)
	desk.Now = func() time.Time { at = at.Add(13 * time.Hour); return at }
	ticketID := openTicket(t, desk, categoryID, sara)
	for range 29 {
		say(t, desk, sara, ticketID, "hello")
	}
	for range 2 {
		for _, e := range wholeLog(t, ticketID).Entries {
			must(t, open().NoteActivity(t.Context(), e))
		}
	}
	var seqs []int
	cursor := ""
	for {
		page, next, err := on(now).Activity(t.Context(), 7, cursor)
		must(t, err)
		for _, one := range page {
			if one.Title == "" {
				t.Errorf("entry %d has no title", one.Entry.Seq)
			}
			seqs = append(seqs, one.Entry.Seq)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seqs) != 30 || seqs[0] != 30 || !slices.IsSortedFunc(seqs, func(a, b int) int { return b - a }) {
		t.Errorf("got %v, want 30 to 1", seqs)
	}
}

// statsCosts are the numbers: what the stream pays for them, and a report.
func statsCosts() []cost {
	var told ticket.Entry
	follow := func(ctx context.Context, k *market) error {
		return (&stats.Counter{Store: k.store}).Follow(ctx, told)
	}
	return []cost{
		{name: "numbers: a new ticket", golden: price{2, 1, 6}, run: follow, before: func(ctx context.Context, k *market) error {
			h, _, err := k.unpaid.Create(ctx, k.sara, k.draft())
			if err == nil {
				told = ticket.Entry{TicketID: h.ID, Seq: 1, Kind: ticket.KindOpened}
			}
			return err
		}},
		{name: "numbers: the same again", golden: price{1, 1, 0}, run: follow},
		{name: "numbers: a first answer", golden: price{2, 1, 6}, run: follow, before: func(ctx context.Context, k *market) error {
			posted, err := k.unpaid.Post(ctx, k.ali, ticket.Message{TicketID: told.TicketID, ClientID: newID(), Body: anAnswer})
			told = posted.Entry
			return err
		}},
		{name: "numbers: another answer", golden: price{1, 1, 0}, run: follow, before: func(ctx context.Context, k *market) error {
			posted, err := k.unpaid.Post(ctx, k.ali, ticket.Message{TicketID: told.TicketID, ClientID: newID(), Body: anAnswer})
			told = posted.Entry
			return err
		}},
		{name: "activity: an entry", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error { return k.store.NoteActivity(ctx, told) }},
		{name: "activity: a socket", golden: price{1, 0, 1}, run: func(ctx context.Context, k *market) error {
			return k.store.NoteSocket(ctx, newID(), wiring.Now().Add(time.Hour), true)
		}},
		{name: "dashboard of a month", floor: "1 / 1 / 0", golden: price{1, 0.5, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.store.Figures(ctx, stats.Month(wiring.Now()))
			return err
		}},
		{name: "activity (20)", golden: price{2, 11, 0}, run: func(ctx context.Context, k *market) error {
			page, _, err := k.store.Activity(ctx, 20, "")
			if err == nil && len(page) != 20 {
				err = fmt.Errorf("got %d entries", len(page))
			}
			return err
		}, before: func(ctx context.Context, k *market) error {
			log, err := open().Tail(ctx, k.ticket, k.last-20)
			for _, e := range log.Entries {
				e.CreatedAt = wiring.Now().Add(time.Minute) // newer than what others note meanwhile
				err = errors.Join(err, open().NoteActivity(ctx, e))
			}
			return err
		}},
	}
}
