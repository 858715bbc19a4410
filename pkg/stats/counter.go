package stats

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

// Step counts a piece of one ticket's log: it holds while the store still has
// what Was says. A step into a later edition takes the Delta out of the one
// before as well.
type Step struct {
	Was, Now Counted
	Delta    Delta
}

// Store keeps the numbers, and what was counted of each ticket.
type Store interface {
	// CountedFrom reads, strongly consistent, what was counted of a ticket and
	// its log from seq on; a ticket of which nothing was counted has UpTo 0.
	CountedFrom(ctx context.Context, ticketID string, seq int) (Counted, []ticket.Entry, error)

	// Advance takes all steps, each of another ticket, or none: refused says by
	// place which do not hold any more.
	Advance(ctx context.Context, steps []Step) (refused map[int]bool, err error)
}

// Editions are how the numbers are made anew while others count. The numbers
// are the sum of all editions.
type Editions interface {
	// BeginEdition begins one: from then on new tickets come into it.
	BeginEdition(ctx context.Context) (edition int, err error)

	// EndEditions throws away what is left in those before one.
	EndEditions(ctx context.Context, before int) error
}

// Counter counts each entry once, however often and in whatever order it is
// told of it. It is safe for concurrent use, also by several processes.
type Counter struct {
	Store Store

	mu      sync.Mutex
	waiting []*job
	leading bool
}

// attempts bounds how often a ticket is read again because others count it too.
const attempts = 20

// Follow counts the log as far as the entry, and further if there is more.
func (c *Counter) Follow(ctx context.Context, e ticket.Entry) error {
	if !Matters(e) {
		return nil
	}
	return c.Recount(ctx, e.TicketID, e.Seq)
}

// Recount counts what has not been counted of a ticket. from is a hint: where
// what is new begins.
func (c *Counter) Recount(ctx context.Context, ticketID string, from int) error {
	for range attempts {
		was, entries, err := c.Store.CountedFrom(ctx, ticketID, from)
		if err != nil || was.Gone {
			return err
		}
		if was.UpTo+1 < from {
			from = was.UpTo + 1
			continue
		}
		done, err := c.count(ctx, was, entries)
		if err != nil || done {
			return err
		}
		stepBack(ctx)
	}
	return fault.New(fault.Conflict, "")
}

// count takes step after step through the entries; done is false when somebody
// else counts the same ticket.
func (c *Counter) count(ctx context.Context, was Counted, entries []ticket.Entry) (done bool, err error) {
	for {
		now, delta := Fold(was, entries)
		if now.UpTo == was.UpTo || delta.Empty() && now.UpTo == entries[len(entries)-1].Seq {
			return true, nil
		}
		taken, err := c.take(ctx, Step{was, now, delta})
		if err != nil || !taken {
			return false, err
		}
		was = now
	}
}

// Move counts a ticket anew in a later edition of the numbers, and takes it out
// of the one that it is counted in: at no moment it is missing, or in both.
func (c *Counter) Move(ctx context.Context, ticketID string, edition int) error {
	for range attempts {
		was, entries, err := c.Store.CountedFrom(ctx, ticketID, 1)
		if err != nil || was.Gone {
			return err
		}
		if was.UpTo == 0 || was.Edition >= edition {
			return c.Recount(ctx, ticketID, was.UpTo+1)
		}
		for len(entries) > 0 && entries[len(entries)-1].Seq > was.UpTo {
			entries = entries[:len(entries)-1]
		}
		now, delta := Fold(Counted{TicketID: ticketID, Edition: edition}, entries)
		taken, err := c.take(ctx, Step{was, now, delta})
		if err != nil {
			return err
		}
		if taken { // of a very long life a part is left to be counted
			return c.Recount(ctx, ticketID, now.UpTo+1)
		}
		stepBack(ctx)
	}
	return fault.New(fault.Conflict, "")
}

// Forget takes a deleted ticket out of the backlog, once.
func (c *Counter) Forget(ctx context.Context, ticketID string) error {
	for range attempts {
		was, _, err := c.Store.CountedFrom(ctx, ticketID, ticket.MaxSeq)
		if err != nil || was.Gone {
			return err
		}
		was.TicketID = ticketID
		now, delta := Forget(was)
		taken, err := c.take(ctx, Step{was, now, delta})
		if err != nil || taken {
			return err
		}
		stepBack(ctx)
	}
	return fault.New(fault.Conflict, "")
}

// stepBack lets another process finish.
func stepBack(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Millisecond + rand.N(20*time.Millisecond)): //nolint:gosec // spreads writers, keeps no secret
	}
}

// All tickets count on the same few numbers. Steps that come while one is being
// written wait and are written together: one write of the numbers for all of
// them, instead of a fight.

// job is a step that waits for its outcome.
type job struct {
	step    Step
	outcome chan outcome
}

type outcome struct {
	taken bool
	err   error
}

// mostTogether and mostPages bound the steps of one write, and the days that
// they change in any edition: with those of the last step it is no more than a
// transaction takes.
const (
	mostTogether = 20
	mostPages    = 35
)

func (c *Counter) take(ctx context.Context, s Step) (taken bool, err error) {
	j := &job{s, make(chan outcome, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, j)
	lead := !c.leading
	c.leading = true
	c.mu.Unlock()
	if lead {
		for jobs := c.next(); len(jobs) > 0; jobs = c.next() {
			c.write(ctx, jobs)
		}
	}
	o := <-j.outcome
	return o.taken, o.err
}

// next gives the jobs that are written together. Two of one ticket never are:
// the second waits for the next round, and does not hold then.
func (c *Counter) next() []*job {
	c.mu.Lock()
	defer c.mu.Unlock()
	var jobs, later []*job
	type page struct {
		day     string
		edition int
	}
	tickets, pages := map[string]bool{}, map[page]bool{}
	for _, j := range c.waiting {
		if len(jobs) == mostTogether || tickets[j.step.Now.TicketID] || len(pages) > mostPages {
			later = append(later, j)
			continue
		}
		jobs = append(jobs, j)
		tickets[j.step.Now.TicketID] = true
		for day := range j.step.Delta.Days {
			pages[page{day, j.step.Was.Edition}], pages[page{day, j.step.Now.Edition}] = true, true
		}
	}
	c.waiting = later
	c.leading = len(jobs) > 0
	return jobs
}

// write takes the steps of the jobs, without those that do not hold.
func (c *Counter) write(ctx context.Context, jobs []*job) {
	for len(jobs) > 0 {
		steps := make([]Step, len(jobs))
		for i, j := range jobs {
			steps[i] = j.step
		}
		refused, err := c.Store.Advance(ctx, steps)
		if err != nil || len(refused) == 0 {
			for _, j := range jobs {
				j.outcome <- outcome{err == nil, err}
			}
			return
		}
		var rest []*job
		for i, j := range jobs {
			if refused[i] {
				j.outcome <- outcome{}
			} else {
				rest = append(rest, j)
			}
		}
		jobs = rest
	}
}
