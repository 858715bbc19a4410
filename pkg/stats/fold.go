// Package stats keeps the numbers of the house: what happened on which day, and
// what stands open now. They are folds over the logs of the tickets, so they can
// be counted again at any time and must come out the same.
package stats

import (
	"time"

	"ticketsystem/pkg/ticket"
)

// Checkpoint is what the numbers hold of one ticket: how far its log has been
// counted, and what the next entry has to be compared with.
type Checkpoint struct {
	TicketID   string
	LastSeq    int // the newest entry that was counted, 0 before the first
	CustomerID string
	Status     ticket.Status
	CategoryID string
	CreatedAt  time.Time
	Replied    bool // staff has answered
	Finished   bool // it was resolved or closed, at least once
	Deleted    bool // it was deleted: nothing is counted any more
	Generation int  // of the numbers, that it is counted in
}

// Counts are counters by name; numbers.go holds the names.
type Counts map[string]int

// Delta is what entries add to the numbers.
type Delta struct {
	Days          map[string]Counts            // by day, as DayOf writes it
	Backlog       Counts                       // of the tickets that are live
	CategoryNames map[string]map[string]string // of categories that were chosen, by id and language
}

// maxDeltaDays bounds how many days one Delta touches: they are written together.
const maxDeltaDays = 20

// Fold counts the entries that come behind c.UpTo, in their order. Those that
// were counted already are skipped, and counting stops at a gap; so whichever
// way a log is cut, doubled or mixed up, the deltas add up to the same. It also
// stops before a Delta gets too large: the new UpTo says how far it came.
func Fold(c Checkpoint, entries []ticket.Entry) (Checkpoint, Delta) {
	d := Delta{Days: map[string]Counts{}, Backlog: Counts{}, CategoryNames: map[string]map[string]string{}}
	for _, e := range entries {
		if e.Seq != c.LastSeq+1 || c.Deleted {
			continue
		}
		if len(d.Days) > maxDeltaDays-2 { // an entry touches its own day and that of the opening
			break
		}
		before := c
		c = c.apply(e)
		d.addBacklog(before, -1)
		d.addBacklog(c, +1)
		d.addDaily(before, c, e)
	}
	d.dropZeros()
	return c, d
}

// Remove is what a deleted ticket leaves: it is no longer in the backlog. What
// happened on its days stays.
func Remove(c Checkpoint) (Checkpoint, Delta) {
	d := Delta{Days: map[string]Counts{}, Backlog: Counts{}}
	d.addBacklog(c, -1)
	c.Deleted = true
	return c, d
}

// AffectsStats says whether the entry can change any number.
func AffectsStats(e ticket.Entry) bool {
	switch {
	case e.Kind == ticket.KindOpened, e.Kind == ticket.KindMessage && e.Author.Role.IsStaff():
		return true
	case e.Change == nil:
		return false
	}
	// An assignment opens a new ticket without saying so in its change.
	return e.Change.Field == "status" || e.Change.Field == "category" || e.Change.Field == "assignee"
}

// apply is what is counted once the entry is.
func (c Checkpoint) apply(e ticket.Entry) Checkpoint {
	c.TicketID, c.LastSeq = e.TicketID, e.Seq
	c.Status, c.CategoryID = e.State.Status, e.State.CategoryID
	if e.Kind == ticket.KindOpened {
		c.CustomerID, c.CreatedAt = e.Author.ID, e.CreatedAt
	}
	if e.Kind == ticket.KindMessage && e.Author.Role.IsStaff() && e.Author.ID != c.CustomerID {
		c.Replied = true
	}
	c.Finished = c.Finished || !c.Status.IsActive()
	return c
}

// addBacklog puts a live ticket into the backlog, or takes it out.
func (d *Delta) addBacklog(c Checkpoint, by int) {
	if c.LastSeq == 0 || c.Deleted || !c.Status.IsActive() {
		return
	}
	d.Backlog[statusName(c.Status)] += by
	d.Backlog[categoryName(c.CategoryID)] += by
	d.countsOf(c.CreatedAt)[hourName(c.CreatedAt)] += by
}

// addDaily counts what the entry did on its day.
func (d *Delta) addDaily(before, after Checkpoint, e ticket.Entry) {
	today := func(name string) { d.countsOf(e.CreatedAt)[name]++ }
	if e.Kind == ticket.KindOpened {
		today(created)
	}
	wasOver := before.LastSeq > 0 && !before.Status.IsActive()
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
	if after.Finished && !before.Finished {
		today(bucketName(resolutionPrefix, e.CreatedAt.Sub(after.CreatedAt)))
	}
	switch {
	case e.Opening != nil:
		d.CategoryNames[e.Opening.Category.ID] = e.Opening.Category.Names
	case e.Change != nil && e.Change.Field == "category":
		d.CategoryNames[e.Change.To] = e.Change.Names
	}
}

func (d *Delta) countsOf(at time.Time) Counts {
	day := DayOf(at)
	if d.Days[day] == nil {
		d.Days[day] = Counts{}
	}
	return d.Days[day]
}

// Add puts another delta on top.
func (d *Delta) Add(other Delta) {
	if d.Days == nil {
		*d = Delta{Days: map[string]Counts{}, Backlog: Counts{}, CategoryNames: map[string]map[string]string{}}
	}
	for day, counts := range other.Days {
		if d.Days[day] == nil {
			d.Days[day] = Counts{}
		}
		d.Days[day].Add(counts)
	}
	d.Backlog.Add(other.Backlog)
	for id, names := range other.CategoryNames {
		d.CategoryNames[id] = names
	}
	d.dropZeros()
}

// Negate is what takes the delta back.
func (d Delta) Negate() Delta {
	negated := Delta{Days: make(map[string]Counts, len(d.Days)), Backlog: d.Backlog.negate(), CategoryNames: d.CategoryNames}
	for day, counts := range d.Days {
		negated.Days[day] = counts.negate()
	}
	return negated
}

func (c Counts) negate() Counts {
	negated := make(Counts, len(c))
	for name, by := range c {
		negated[name] = -by
	}
	return negated
}

// Add puts other numbers on top.
func (c Counts) Add(other Counts) {
	for name, by := range other {
		c[name] += by
	}
}

// dropZeros drops what changes nothing.
func (d *Delta) dropZeros() {
	for day, counts := range d.Days {
		if counts.dropZeros(); len(counts) == 0 {
			delete(d.Days, day)
		}
	}
	d.Backlog.dropZeros()
}

func (c Counts) dropZeros() {
	for name, by := range c {
		if by == 0 {
			delete(c, name)
		}
	}
}

// IsEmpty says whether the delta changes no number.
func (d Delta) IsEmpty() bool { return len(d.Days) == 0 && len(d.Backlog) == 0 }
