package ticket

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// AutomationPolicy holds the delays of the automatic transitions, counted from
// the last activity that the customer can see.
type AutomationPolicy struct {
	RemindAfter  time.Duration // pending: remind the customer
	ResolveAfter time.Duration // pending: resolve
	CloseAfter   time.Duration // resolved: close
}

// nextAction returns the next automatic transition of a ticket in status later
// than from after its last activity, and its delay. to is "" for a reminder; ok
// is false if there is none.
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

// Due returns when the next action on a ticket in status is due; ok is false if
// there is none.
func (p AutomationPolicy) Due(status Status, lastActivity time.Time) (due time.Time, ok bool) {
	after, _, ok := p.nextAction(status, 0)
	return lastActivity.Add(after), ok
}

// Timer is when a ticket must be checked for automatic actions.
type Timer struct {
	TicketID string
	Due      time.Time
}

// TimerStore persists at most one timer for each ticket.
type TimerStore interface {
	// SetTimer sets the timer of a ticket for the entry seq, unless a later
	// entry has set it.
	SetTimer(ctx context.Context, t Timer, seq int) error
	// DeleteTimer deletes the timer if an entry up to seq has set it.
	DeleteTimer(ctx context.Context, ticketID string, seq int) error
	// DueTimers returns up to n timers that are due, the earliest first.
	DueTimers(ctx context.Context, now time.Time, n int) ([]Timer, error)
	// RescheduleTimer moves the timer to a new time if it is unchanged since it
	// was read. A zero time deletes it.
	RescheduleTimer(ctx context.Context, t Timer, to time.Time) error
}

// SystemPrincipal returns the author of automatic changes. It cannot sign in.
func SystemPrincipal() user.Principal {
	return user.Principal{UserID: "00000000000000000000SYSTEM", Role: user.RoleSystem, Name: "TicketSystem"}
}

// Automation reminds customers of inactive tickets, and resolves and closes them.
type Automation struct {
	Tickets *Service
	Timers  TimerStore
	Policy  AutomationPolicy
	// Remind notifies the customer of a pending ticket; at is when the reminder
	// was due. It can be called again with the same arguments and must notify once.
	Remind func(ctx context.Context, tk Ticket, at time.Time) error
}

// AutomationResult counts the actions of a run.
type AutomationResult struct {
	Resolved int `json:"resolved"`
	Closed   int `json:"closed"`
	Reminded int `json:"reminded"`
}

// timerPageSize is the number of timers in one read.
const timerPageSize = 50

// failedRetry is when a ticket that failed is due again. Its timer makes room for later ones.
const failedRetry = 10 * time.Minute

// Run processes all due timers, and stops after until. Concurrent and interrupted
// runs are safe: each action decides on the current log, so a status changes once
// and an earlier message of the customer prevents it. A ticket that fails does
// not stop the others; it is due again after failedRetry.
func (a *Automation) Run(ctx context.Context, until time.Time) (AutomationResult, error) {
	var result AutomationResult
	var errs []error
	for a.Tickets.Now().Before(until) {
		due, err := a.Timers.DueTimers(ctx, a.Tickets.Now(), timerPageSize)
		errs = append(errs, err)
		for _, t := range due {
			err := a.process(ctx, t, &result)
			if err == nil {
				continue
			}
			errs = append(errs, err)
			if err := a.Timers.RescheduleTimer(ctx, t, a.Tickets.Now().Add(failedRetry)); err != nil {
				return result, errors.Join(append(errs, err)...)
			}
		}
		if len(due) < timerPageSize {
			break
		}
	}
	return result, errors.Join(errs...)
}

// process executes the action that is due on a ticket and reschedules its timer.
func (a *Automation) process(ctx context.Context, t Timer, result *AutomationResult) error {
	var act action
	changed, err := a.Tickets.applyChange(ctx, SystemPrincipal(), t.TicketID, "", KindStatus, func(tk Ticket) ([]Entry, error) {
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

// action is what is due on a ticket now.
type action struct {
	to        Status    // "" for no status change
	remindAt  time.Time // when the reminder was due; zero for none
	recheckAt time.Time // when to check again; zero for never
}

// evaluate returns the action that is due on the ticket. A status change replaces
// a reminder that is due too.
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
	act = action{to: to}
	if again, pending := a.Policy.Due(to, now); pending {
		act.recheckAt = again
	}
	return act
}
