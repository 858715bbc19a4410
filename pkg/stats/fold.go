// Package stats aggregates ticket statistics: events per day and the current
// backlog. They are folds over the logs of the tickets, so a rebuild yields the
// same statistics.
package stats

import (
	"time"

	"ticketsystem/pkg/ticket"
)

// Checkpoint records how far a ticket's log has been counted, and the state
// needed to count the next entry.
type Checkpoint struct {
	TicketID   string
	LastSeq    int // last entry counted; 0 for none
	CustomerID string
	Status     ticket.Status
	CategoryID string
	CreatedAt  time.Time
	Replied    bool // staff has replied
	Finished   bool // was resolved or closed at least once
	Deleted    bool // the ticket was deleted; no more entries are counted
	Generation int  // generation of the statistics in which the ticket is counted
}

// Counts are counters by name; metrics.go has the names.
type Counts map[string]int

// Delta is the change of the statistics that entries cause.
type Delta struct {
	Days          map[string]Counts            // by day, see DayOf
	Backlog       Counts                       // of the active tickets
	CategoryNames map[string]map[string]string // of the categories of the entries, by id and language
}

// maxDeltaDays bounds the days in one Delta, which is written in one transaction.
const maxDeltaDays = 20

// Fold counts the entries after c.LastSeq and returns the new checkpoint and the
// change of the statistics. Entries already counted are skipped, and entries
// after a gap are not counted. Fold stops when the Delta is full; call it again
// with the new checkpoint for the rest.
func Fold(c Checkpoint, entries []ticket.Entry) (Checkpoint, Delta) {
	d := Delta{Days: map[string]Counts{}, Backlog: Counts{}, CategoryNames: map[string]map[string]string{}}
	for _, e := range entries {
		if e.Seq != c.LastSeq+1 || c.Deleted {
			continue
		}
		if len(d.Days) > maxDeltaDays-2 { // an entry changes its own day and the day of creation
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

// Remove returns the change for a deleted ticket, which leaves the backlog. The
// events of past days stay counted.
func Remove(c Checkpoint) (Checkpoint, Delta) {
	d := Delta{Days: map[string]Counts{}, Backlog: Counts{}}
	d.addBacklog(c, -1)
	c.Deleted = true
	return c, d
}

// AffectsStats reports whether the entry can change the statistics.
func AffectsStats(e ticket.Entry) bool {
	switch {
	case e.Kind == ticket.KindOpened, e.Kind == ticket.KindMessage && e.Author.Role.IsStaff():
		return true
	case e.Change == nil:
		return false
	}
	// An assignment also sets a new ticket to open.
	return e.Change.Field == "status" || e.Change.Field == "category" || e.Change.Field == "assignee"
}

// apply returns the checkpoint after the entry.
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

// addBacklog adds an active ticket to the backlog, or removes it if by is -1.
func (d *Delta) addBacklog(c Checkpoint, by int) {
	if c.LastSeq == 0 || c.Deleted || !c.Status.IsActive() {
		return
	}
	d.Backlog[statusName(c.Status)] += by
	d.Backlog[categoryName(c.CategoryID)] += by
	d.countsOf(c.CreatedAt)[hourName(c.CreatedAt)] += by
}

// addDaily counts the events of the entry on its day.
func (d *Delta) addDaily(before, after Checkpoint, e ticket.Entry) {
	today := func(name string) { d.countsOf(e.CreatedAt)[name]++ }
	if e.Kind == ticket.KindOpened {
		today(created)
	}
	wasInactive := before.LastSeq > 0 && !before.Status.IsActive()
	switch {
	case after.Status == before.Status:
	case after.Status == ticket.StatusResolved:
		today(resolved)
	case after.Status == ticket.StatusClosed:
		today(closed)
	case wasInactive:
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

// countsOf returns the counts of the day, and adds them if missing.
func (d *Delta) countsOf(at time.Time) Counts {
	day := DayOf(at)
	if d.Days[day] == nil {
		d.Days[day] = Counts{}
	}
	return d.Days[day]
}

// Add adds other to d.
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

// Negate returns the delta that reverts d.
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

// Add adds other to c.
func (c Counts) Add(other Counts) {
	for name, by := range other {
		c[name] += by
	}
}

// dropZeros removes counts that are zero.
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

// IsEmpty reports whether the delta changes no count.
func (d Delta) IsEmpty() bool { return len(d.Days) == 0 && len(d.Backlog) == 0 }
