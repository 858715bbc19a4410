// Package stats keeps the numbers of the house: what happened on which day, and
// what stands open now. They are folds over the logs of the tickets, so they can
// be counted again at any time and must come out the same.
package stats

import (
	"time"

	"ticketsystem/pkg/ticket"
)

// Counted is what the numbers hold of one ticket: how far its log has been
// counted, and what the next entry has to be compared with.
type Counted struct {
	TicketID   string
	UpTo       int // the newest entry that was counted, 0 before the first
	CustomerID string
	Status     ticket.Status
	CategoryID string
	CreatedAt  time.Time
	Replied    bool // staff has answered
	Ended      bool // it was resolved or closed, at least once
	Gone       bool // it was deleted: nothing is counted any more
	Edition    int  // of the numbers, that it is counted in
}

// Numbers are counters by name; numbers.go holds the names.
type Numbers map[string]int

// Delta is what entries add to the numbers.
type Delta struct {
	Days    map[string]Numbers           // by day, as DayOf writes it
	Backlog Numbers                      // of the tickets that are live
	Names   map[string]map[string]string // of categories that were chosen, by id and language
}

// mostDays bounds how many days one Delta touches: they are written together.
const mostDays = 20

// Fold counts the entries that come behind c.UpTo, in their order. Those that
// were counted already are skipped, and counting stops at a gap; so whichever
// way a log is cut, doubled or mixed up, the deltas add up to the same. It also
// stops before a Delta gets too large: the new UpTo says how far it came.
func Fold(c Counted, entries []ticket.Entry) (Counted, Delta) {
	d := Delta{Days: map[string]Numbers{}, Backlog: Numbers{}, Names: map[string]map[string]string{}}
	for _, e := range entries {
		if e.Seq != c.UpTo+1 || c.Gone {
			continue
		}
		if len(d.Days) > mostDays-2 { // an entry touches its own day and that of the opening
			break
		}
		before := c
		c = c.after(e)
		d.stand(before, -1)
		d.stand(c, +1)
		d.happen(before, c, e)
	}
	d.prune()
	return c, d
}

// Forget is what a deleted ticket leaves: it is no longer in the backlog. What
// happened on its days stays.
func Forget(c Counted) (Counted, Delta) {
	d := Delta{Days: map[string]Numbers{}, Backlog: Numbers{}}
	d.stand(c, -1)
	c.Gone = true
	return c, d
}

// Matters says whether the entry can change any number.
func Matters(e ticket.Entry) bool {
	switch {
	case e.Kind == ticket.KindOpened, e.Kind == ticket.KindMessage && e.Author.Role.Staff():
		return true
	case e.Change == nil:
		return false
	}
	// An assignment opens a new ticket without saying so in its change.
	return e.Change.Field == "status" || e.Change.Field == "category" || e.Change.Field == "assignee"
}

// after is what is counted once the entry is.
func (c Counted) after(e ticket.Entry) Counted {
	c.TicketID, c.UpTo = e.TicketID, e.Seq
	c.Status, c.CategoryID = e.State.Status, e.State.CategoryID
	if e.Kind == ticket.KindOpened {
		c.CustomerID, c.CreatedAt = e.Author.ID, e.CreatedAt
	}
	if e.Kind == ticket.KindMessage && e.Author.Role.Staff() && e.Author.ID != c.CustomerID {
		c.Replied = true
	}
	c.Ended = c.Ended || !c.Status.Live()
	return c
}

// stand puts a live ticket into the backlog, or takes it out.
func (d *Delta) stand(c Counted, by int) {
	if c.UpTo == 0 || c.Gone || !c.Status.Live() {
		return
	}
	d.Backlog[statusName(c.Status)] += by
	d.Backlog[categoryName(c.CategoryID)] += by
	d.day(c.CreatedAt)[hourName(c.CreatedAt)] += by
}

// happen counts what the entry did on its day.
func (d *Delta) happen(before, after Counted, e ticket.Entry) {
	today := func(name string) { d.day(e.CreatedAt)[name]++ }
	if e.Kind == ticket.KindOpened {
		today(created)
	}
	wasOver := before.UpTo > 0 && !before.Status.Live()
	switch {
	case after.Status == before.Status:
	case after.Status == ticket.StatusResolved:
		today(resolved)
	case after.Status == ticket.StatusClosed:
		today(closed)
	case wasOver:
		today(reopened)
	}
	if after.Replied && !before.Replied {
		today(bucketName(responsePrefix, e.CreatedAt.Sub(after.CreatedAt)))
	}
	if after.Ended && !before.Ended {
		today(bucketName(resolutionPrefix, e.CreatedAt.Sub(after.CreatedAt)))
	}
	switch {
	case e.Opening != nil:
		d.Names[e.Opening.Category.ID] = e.Opening.Category.Names
	case e.Change != nil && e.Change.Field == "category":
		d.Names[e.Change.To] = e.Change.Names
	}
}

func (d *Delta) day(at time.Time) Numbers {
	day := DayOf(at)
	if d.Days[day] == nil {
		d.Days[day] = Numbers{}
	}
	return d.Days[day]
}

// Add puts another delta on top.
func (d *Delta) Add(other Delta) {
	if d.Days == nil {
		*d = Delta{Days: map[string]Numbers{}, Backlog: Numbers{}, Names: map[string]map[string]string{}}
	}
	for day, numbers := range other.Days {
		if d.Days[day] == nil {
			d.Days[day] = Numbers{}
		}
		d.Days[day].Add(numbers)
	}
	d.Backlog.Add(other.Backlog)
	for id, names := range other.Names {
		d.Names[id] = names
	}
	d.prune()
}

// Negative is what takes the delta back.
func (d Delta) Negative() Delta {
	back := Delta{Days: make(map[string]Numbers, len(d.Days)), Backlog: d.Backlog.negative(), Names: d.Names}
	for day, numbers := range d.Days {
		back.Days[day] = numbers.negative()
	}
	return back
}

func (n Numbers) negative() Numbers {
	back := make(Numbers, len(n))
	for name, by := range n {
		back[name] = -by
	}
	return back
}

// Add puts other numbers on top.
func (n Numbers) Add(other Numbers) {
	for name, by := range other {
		n[name] += by
	}
}

// prune drops what changes nothing.
func (d *Delta) prune() {
	for day, numbers := range d.Days {
		if numbers.prune(); len(numbers) == 0 {
			delete(d.Days, day)
		}
	}
	d.Backlog.prune()
}

func (n Numbers) prune() {
	for name, by := range n {
		if by == 0 {
			delete(n, name)
		}
	}
}

// Empty says whether the delta changes no number.
func (d Delta) Empty() bool { return len(d.Days) == 0 && len(d.Backlog) == 0 }
