// Package stats aggregates ticket statistics: events by time, category and agent,
// and the current counts of tickets. They are folds over the logs of the tickets, so
// a rebuild yields the same statistics.
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
	Priority   ticket.Priority
	CategoryID string
	AssigneeID string
	CreatedAt  time.Time
	Replied    bool // staff has replied
	Finished   bool // was resolved or closed at least once
	Deleted    bool // the ticket was deleted; no more entries are counted
	Generation int  // generation of the statistics in which the ticket is counted

	MessageBy  string // author of the last message or note
	MessageSeq int    // of that message
	OtherSeq   int    // of the last message by another author
	Unread     bool   // the assignee is counted as having an unread message
}

// Counts are counters by name; metrics.go has the names.
type Counts map[string]int

// Slot identifies counts. At is a UTC day (yyyy-mm-dd), a quarter hour of a day
// (yyyy-mm-ddThh:mm), or empty for current counts. One of the ids is set; with a time, those of
// both the category and the agent if an agent caused the events.
type Slot struct{ At, CategoryID, AgentID, CustomerID string }

// Delta is the change of the statistics that entries cause.
type Delta struct {
	Slots         map[Slot]Counts              // those that change, and those of the named categories
	Backlog       Counts                       // of all tickets
	CategoryNames map[string]map[string]string // of the categories of the entries, by id and language
}

func newDelta() Delta {
	return Delta{Slots: map[Slot]Counts{}, Backlog: Counts{}, CategoryNames: map[string]map[string]string{}}
}

// maxDeltaSlots bounds the slots in one Delta, which is written in one transaction.
// maxEntrySlots are those that one entry can change: its day and quarter hour; category, day of
// creation and assignee before and after; the customer.
const (
	maxDeltaSlots = 20
	maxEntrySlots = 9
)

// Fold counts the entries after c.LastSeq and returns the new checkpoint and the
// change of the statistics. Entries already counted are skipped, and entries
// after a gap are not counted. Fold stops when the Delta is full; call it again
// with the new checkpoint for the rest. readMarkers are those of the ticket.
func Fold(c Checkpoint, entries []ticket.Entry, readMarkers map[string]int) (Checkpoint, Delta) {
	d := newDelta()
	for _, e := range entries {
		if e.Seq != c.LastSeq+1 || c.Deleted {
			continue
		}
		if len(d.Slots) > maxDeltaSlots-maxEntrySlots {
			break
		}
		before := c
		c = c.apply(e)
		d.addCurrent(before, -1)
		d.addCurrent(c, +1)
		d.addEvents(before, c, e)
	}
	before := c
	c.Unread = c.AssigneeID != "" && c.lastMessageFor(c.AssigneeID) > readMarkers[c.AssigneeID]
	d.addCurrent(before, -1)
	d.addCurrent(c, +1)
	d.dropZeros()
	return c, d
}

// Remove returns the change for a deleted ticket, which leaves the current counts. Past
// events stay counted.
func Remove(c Checkpoint) (Checkpoint, Delta) {
	d := newDelta()
	d.addCurrent(c, -1)
	d.dropZeros()
	c.Deleted = true
	return c, d
}

// AffectsStats reports whether the entry can change the statistics.
func AffectsStats(e ticket.Entry) bool {
	switch {
	case e.Kind == ticket.KindOpened, e.Kind == ticket.KindMessage && e.Author.Role.IsStaff():
		return true
	case e.IsMessage() && e.State.AssigneeID != "": // may be the assignee's first unread one
		return true
	case e.Change == nil:
		return false
	}
	switch e.Change.Field {
	case "status", "category", "assignee", "priority":
		return true
	}
	return false
}

// apply returns the checkpoint after the entry.
func (c Checkpoint) apply(e ticket.Entry) Checkpoint {
	c.TicketID, c.LastSeq = e.TicketID, e.Seq
	c.Status, c.Priority, c.CategoryID, c.AssigneeID = e.State.Status, e.State.Priority, e.State.CategoryID, e.State.AssigneeID
	if e.Kind == ticket.KindOpened {
		c.CustomerID, c.CreatedAt = e.Customer().ID, e.CreatedAt
	}
	c.Replied = c.Replied || c.isReply(e)
	c.Finished = c.Finished || !c.Status.IsActive()
	if e.IsMessage() {
		if e.Author.ID != c.MessageBy {
			c.MessageBy, c.OtherSeq = e.Author.ID, c.MessageSeq
		}
		c.MessageSeq = e.Seq
	}
	return c
}

// isReply reports whether the entry is a public message of staff to the customer.
func (c Checkpoint) isReply(e ticket.Entry) bool {
	return e.Kind == ticket.KindMessage && e.Author.Role.IsStaff() && e.Author.ID != c.CustomerID
}

// lastMessageFor returns the last message or note of other users.
func (c Checkpoint) lastMessageFor(userID string) int {
	if userID == c.MessageBy {
		return c.OtherSeq
	}
	return c.MessageSeq
}

// addCurrent adds a ticket to the current counts, or removes it if by is -1.
func (d *Delta) addCurrent(c Checkpoint, by int) {
	if c.LastSeq == 0 || c.Deleted {
		return
	}
	d.Backlog[statusName(c.Status)] += by
	customer := d.countsOf(Slot{CustomerID: c.CustomerID})
	customer[allTickets] += by
	if !c.Status.IsActive() {
		return
	}
	customer[activeTickets] += by
	d.countsOf(Slot{CategoryID: c.CategoryID})[activeTickets] += by
	if c.Priority != "" {
		d.Backlog[priorityName(c.Priority)] += by
	}
	d.countsOf(Slot{At: DayOf(c.CreatedAt), CategoryID: c.CategoryID})[createdName(c.CreatedAt)] += by
	if c.AssigneeID == "" {
		d.Backlog[unassigned] += by
		return
	}
	agent := d.countsOf(Slot{AgentID: c.AssigneeID})
	agent[activeTickets] += by
	if c.Unread {
		agent[unreadTickets] += by
	}
}

// addEvents counts the events of the entry, for its category and, if that is an agent, its author
// together. Histograms are kept by quarter hour as well, see Report.
func (d *Delta) addEvents(before, after Checkpoint, e ticket.Entry) {
	daily := Slot{At: DayOf(e.CreatedAt), CategoryID: after.CategoryID}
	if e.Author.Role.IsStaff() && e.Author.ID != after.CustomerID {
		daily.AgentID = e.Author.ID
	}
	byQuarterHour := daily
	byQuarterHour.At = quarterHourOf(e.CreatedAt)
	for _, metric := range eventsOf(before, after, e) {
		d.countsOf(daily)[metricName(metric, e.CreatedAt)]++
	}
	took := e.CreatedAt.Sub(after.CreatedAt)
	if after.Replied && !before.Replied {
		d.countsOf(daily)[bucketName(responsePrefix, took)]++
		d.countsOf(byQuarterHour)[bucketName(responsePrefix, took)]++
	}
	if after.Finished && !before.Finished {
		d.countsOf(daily)[bucketName(resolutionPrefix, took)]++
		d.countsOf(byQuarterHour)[bucketName(resolutionPrefix, took)]++
	}
	switch {
	case e.Opening != nil:
		d.nameCategory(e.Opening.Category.ID, e.Opening.Category.Names)
	case e.Change != nil && e.Change.Field == "category":
		d.nameCategory(e.Change.To, e.Change.Names)
	}
}

// nameCategory records the names of a category, which are stored with its counts.
func (d *Delta) nameCategory(id string, names map[string]string) {
	if names != nil {
		d.countsOf(Slot{CategoryID: id})
		d.CategoryNames[id] = names
	}
}

// eventsOf returns the metrics that the entry counts in.
func eventsOf(before, after Checkpoint, e ticket.Entry) (metrics []string) {
	if e.Kind == ticket.KindOpened {
		metrics = append(metrics, created)
	}
	if after.isReply(e) {
		metrics = append(metrics, replies)
	}
	switch {
	case after.Status == before.Status:
	case after.Status == ticket.StatusResolved:
		metrics = append(metrics, resolved)
	case after.Status == ticket.StatusClosed:
		metrics = append(metrics, closed)
	case before.LastSeq > 0 && !before.Status.IsActive():
		metrics = append(metrics, reopened)
	}
	return metrics
}

// countsOf returns the counts of the slot, and adds them if missing.
func (d *Delta) countsOf(slot Slot) Counts {
	if d.Slots[slot] == nil {
		d.Slots[slot] = Counts{}
	}
	return d.Slots[slot]
}

// Add adds other to d.
func (d *Delta) Add(other Delta) {
	if d.Slots == nil {
		*d = newDelta()
	}
	for slot, counts := range other.Slots {
		d.countsOf(slot).Add(counts)
	}
	d.Backlog.Add(other.Backlog)
	for id, names := range other.CategoryNames {
		d.CategoryNames[id] = names
	}
	d.dropZeros()
}

// Negate returns the delta that reverts d.
func (d Delta) Negate() Delta {
	negated := Delta{Slots: make(map[Slot]Counts, len(d.Slots)), Backlog: d.Backlog.negate(), CategoryNames: d.CategoryNames}
	for slot, counts := range d.Slots {
		negated.Slots[slot] = counts.negate()
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

// dropZeros removes counts that are zero, and slots without counts but those of named categories.
func (d *Delta) dropZeros() {
	for slot, counts := range d.Slots {
		_, isNamed := d.CategoryNames[slot.CategoryID]
		isNamed = isNamed && slot == Slot{CategoryID: slot.CategoryID}
		if counts.dropZeros(); len(counts) == 0 && !isNamed {
			delete(d.Slots, slot)
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
func (d Delta) IsEmpty() bool {
	for _, counts := range d.Slots {
		if len(counts) > 0 {
			return false
		}
	}
	return len(d.Backlog) == 0
}
