package ticket

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// AutomationPolicy is how long a ticket may stand still, counted from the last thing
// on it that its customer can see.
type AutomationPolicy struct {
	RemindAfter  time.Duration // pending: then the customer is reminded
	ResolveAfter time.Duration // pending: then it is resolved
	CloseAfter   time.Duration // resolved: then it is closed
}

// nextAction is what time does to a ticket of this status after `from`, and how long
// after its last move; to is "" for a reminder. ok is false when nothing does.
func (p AutomationPolicy) nextAction(status Status, from time.Duration) (after time.Duration, to Status, ok bool) {
	switch {
	case status == StatusPending && from < p.RemindAfter && p.RemindAfter < p.ResolveAfter:
		return p.RemindAfter, "", true
	case status == StatusPending:
		return p.ResolveAfter, StatusResolved, true
	case status == StatusResolved:
		return p.CloseAfter, StatusClosed, true
	}
	return 0, "", false
}

// Due is when time next does something to a ticket of this status that has
// stood still since; ok is false when it never does.
func (p AutomationPolicy) Due(status Status, lastActivity time.Time) (due time.Time, ok bool) {
	after, _, ok := p.nextAction(status, 0)
	return lastActivity.Add(after), ok
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
	// DeleteTimer takes the timer away that an entry up to seq has set.
	DeleteTimer(ctx context.Context, ticketID string, seq int) error
	// DueTimers reads up to n timers that are due, the earliest first.
	DueTimers(ctx context.Context, now time.Time, n int) ([]Timer, error)
	// RescheduleTimer moves a timer that still is as it was read; a zero time takes it
	// away.
	RescheduleTimer(ctx context.Context, t Timer, to time.Time) error
}

// SystemPrincipal is who acts when time does. Nobody signs in as it.
func SystemPrincipal() user.Principal {
	return user.Principal{UserID: "00000000000000000000SYSTEM", Role: user.RoleSystem, Name: "TicketSystem"}
}

// Automation moves tickets that have stood still for too long.
type Automation struct {
	Tickets *Service
	Timers  TimerStore
	Policy  AutomationPolicy
	// Remind tells the customer that the ticket waits for him, as was due at
	// that time. The same reminder may be asked for twice and must reach him once.
	Remind func(ctx context.Context, tk Ticket, at time.Time) error
}

// AutomationResult counts what time did.
type AutomationResult struct {
	Resolved int `json:"resolved"`
	Closed   int `json:"closed"`
	Reminded int `json:"reminded"`
}

// timerPageSize is how many timers are read at once.
const timerPageSize = 50

// Run looks at every ticket whose time has come, until `until` is past. It may
// run twice at once and be cut off anywhere: the log takes each move once, and
// a customer's message that came first wins. One ticket that fails does not
// keep the others waiting.
func (a *Automation) Run(ctx context.Context, until time.Time) (AutomationResult, error) {
	var result AutomationResult
	for a.Tickets.Now().Before(until) {
		due, err := a.Timers.DueTimers(ctx, a.Tickets.Now(), timerPageSize)
		if err != nil {
			return result, err
		}
		var errs []error
		for _, t := range due {
			errs = append(errs, a.process(ctx, t, &result))
		}
		if err := errors.Join(errs...); err != nil || len(due) < timerPageSize {
			return result, err // what failed is due again at the next run
		}
	}
	return result, nil
}

// process does what is due on one ticket and moves its timer on.
func (a *Automation) process(ctx context.Context, t Timer, result *AutomationResult) error {
	var act action
	changed, err := a.Tickets.applyChange(ctx, SystemPrincipal(), t.TicketID, "", func(tk Ticket) ([]Entry, error) {
		act = a.evaluate(tk)
		if act.to == "" {
			return nil, nil
		}
		return statusEntries(tk, act.to), nil
	})
	if apperr.Is(err, apperr.TicketNotFound) {
		return a.Timers.RescheduleTimer(ctx, t, time.Time{})
	}
	if err != nil {
		return err
	}
	switch {
	case !act.remindAt.IsZero():
		if err := a.Remind(ctx, changed.Ticket, act.remindAt); err != nil {
			return err
		}
		result.Reminded++
	case act.to == StatusResolved:
		result.Resolved++
	case act.to == StatusClosed:
		result.Closed++
	}
	return a.Timers.RescheduleTimer(ctx, t, act.recheckAt)
}

// action is what time does to a ticket now.
type action struct {
	to        Status    // "" for no move
	remindAt  time.Time // when it was due; zero for none
	recheckAt time.Time // when to look again; zero for never
}

func (a *Automation) evaluate(tk Ticket) action {
	now := a.Tickets.Now()
	var act action
	after, to, pending := a.Policy.nextAction(tk.State.Status, 0)
	if pending && to == "" && !now.Before(tk.LastActivityAt.Add(after)) {
		act.remindAt = tk.LastActivityAt.Add(after)
		after, to, pending = a.Policy.nextAction(tk.State.Status, after)
	}
	due := tk.LastActivityAt.Add(after)
	switch {
	case !pending:
		return action{}
	case now.Before(due):
		act.recheckAt = due
		return act
	}
	act = action{to: to} // he is told of the move instead
	if again, pending := a.Policy.Due(to, now); pending {
		act.recheckAt = again
	}
	return act
}
