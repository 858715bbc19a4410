package ticket

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// Patience is how long a ticket may stand still, counted from the last thing
// on it that its customer can see.
type Patience struct {
	Reminder time.Duration // pending: then the customer is reminded
	Pending  time.Duration // pending: then it is resolved
	Resolved time.Duration // resolved: then it is closed
}

// next is what time does to a ticket of this status after `from`, and how long
// after its last move; to is "" for a reminder. ok is false when nothing does.
func (p Patience) next(status Status, from time.Duration) (after time.Duration, to Status, ok bool) {
	switch {
	case status == StatusPending && from < p.Reminder && p.Reminder < p.Pending:
		return p.Reminder, "", true
	case status == StatusPending:
		return p.Pending, StatusResolved, true
	case status == StatusResolved:
		return p.Resolved, StatusClosed, true
	}
	return 0, "", false
}

// Due is when time next does something to a ticket of this status that has
// stood still since; ok is false when it never does.
func (p Patience) Due(status Status, since time.Time) (due time.Time, ok bool) {
	after, _, ok := p.next(status, 0)
	return since.Add(after), ok
}

// Timer says when time is to look at a ticket.
type Timer struct {
	TicketID string
	Due      time.Time
}

// TimerStore keeps the timers of tickets, one for each that has one.
type TimerStore interface {
	// SetTimer sets the timer of a ticket as an entry left it, unless a later
	// entry has done so.
	SetTimer(ctx context.Context, t Timer, seq int) error
	// DropTimer takes the timer away that an entry up to seq has set.
	DropTimer(ctx context.Context, ticketID string, seq int) error
	// DueTimers reads up to n timers that are due, the earliest first.
	DueTimers(ctx context.Context, now time.Time, n int) ([]Timer, error)
	// MoveTimer moves a timer that still is as it was read; a zero time takes it
	// away.
	MoveTimer(ctx context.Context, t Timer, to time.Time) error
}

// System is who acts when time does. Nobody signs in as it.
func System() user.Principal {
	return user.Principal{UserID: "00000000000000000000SYSTEM", Role: user.RoleSystem, Name: "TicketSystem"}
}

// Clock moves tickets that have stood still for too long.
type Clock struct {
	Desk     *Desk
	Timers   TimerStore
	Patience Patience
	// Remind tells the customer that the ticket waits for him, as was due at
	// that time. The same reminder may be asked for twice and must reach him once.
	Remind func(ctx context.Context, h Head, at time.Time) error
}

// Passed counts what time did.
type Passed struct {
	Resolved int `json:"resolved"`
	Closed   int `json:"closed"`
	Reminded int `json:"reminded"`
}

// clockPage is how many timers are read at once.
const clockPage = 50

// Run looks at every ticket whose time has come, until `until` is past. It may
// run twice at once and be cut off anywhere: the log takes each move once, and
// a customer's message that came first wins. One ticket that fails does not
// keep the others waiting.
func (c *Clock) Run(ctx context.Context, until time.Time) (Passed, error) {
	var passed Passed
	for c.Desk.Now().Before(until) {
		due, err := c.Timers.DueTimers(ctx, c.Desk.Now(), clockPage)
		if err != nil {
			return passed, err
		}
		var errs []error
		for _, t := range due {
			errs = append(errs, c.look(ctx, t, &passed))
		}
		if err := errors.Join(errs...); err != nil || len(due) < clockPage {
			return passed, err // what failed is due again at the next run
		}
	}
	return passed, nil
}

// look does what is due on one ticket and moves its timer on.
func (c *Clock) look(ctx context.Context, t Timer, passed *Passed) error {
	var v verdict
	changed, err := c.Desk.change(ctx, System(), t.TicketID, "", func(h Head) ([]Entry, error) {
		v = c.judge(h)
		if v.to == "" {
			return nil, nil
		}
		return statusEntry(h, v.to), nil
	})
	if fault.Is(err, fault.TicketNotFound) {
		return c.Timers.MoveTimer(ctx, t, time.Time{})
	}
	if err != nil {
		return err
	}
	switch {
	case !v.reminder.IsZero():
		if err := c.Remind(ctx, changed.Head, v.reminder); err != nil {
			return err
		}
		passed.Reminded++
	case v.to == StatusResolved:
		passed.Resolved++
	case v.to == StatusClosed:
		passed.Closed++
	}
	return c.Timers.MoveTimer(ctx, t, v.again)
}

// verdict is what time does to a ticket now.
type verdict struct {
	to       Status    // "" for no move
	reminder time.Time // when it was due; zero for none
	again    time.Time // when to look again; zero for never
}

func (c *Clock) judge(h Head) verdict {
	now := c.Desk.Now()
	var v verdict
	after, to, waits := c.Patience.next(h.State.Status, 0)
	if waits && to == "" && !now.Before(h.LastActivityAt.Add(after)) {
		v.reminder = h.LastActivityAt.Add(after)
		after, to, waits = c.Patience.next(h.State.Status, after)
	}
	due := h.LastActivityAt.Add(after)
	switch {
	case !waits:
		return verdict{}
	case now.Before(due):
		v.again = due
		return v
	}
	v = verdict{to: to} // he is told of the move instead
	if again, waits := c.Patience.Due(to, now); waits {
		v.again = again
	}
	return v
}
