package ticket

import (
	"context"
	"errors"
	"testing"
	"time"
)

// memTimers is an in-memory TimerStore that records reminders.
type memTimers struct {
	due      map[string]time.Time
	reminded []time.Time
	failNext bool // the next RescheduleTimer fails
}

func (timers *memTimers) SetTimer(context.Context, Timer, int) error     { return nil }
func (timers *memTimers) DeleteTimer(context.Context, string, int) error { return nil }
func (timers *memTimers) remind(_ context.Context, _ Ticket, at time.Time) error {
	timers.reminded = append(timers.reminded, at)
	return nil
}

func (timers *memTimers) DueTimers(_ context.Context, now time.Time, _ int) ([]Timer, error) {
	var due []Timer
	for ticketID, at := range timers.due {
		if !at.After(now) {
			due = append(due, Timer{ticketID, at})
		}
	}
	return due, nil
}

func (timers *memTimers) RescheduleTimer(_ context.Context, t Timer, to time.Time) error {
	if timers.failNext {
		timers.failNext = false
		return errors.New("down")
	}
	if to.IsZero() {
		delete(timers.due, t.TicketID)
		return nil
	}
	timers.due[t.TicketID] = to
	return nil
}

const day = 24 * time.Hour

// TestAutomation_Run checks that the customer of a pending ticket is reminded and
// that the ticket is resolved and closed, each once and at its time.
func TestAutomation_Run(t *testing.T) {
	log := newLog().statusChange(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	store := storeWith(log, len(log))
	s := store.service(0)
	timers := &memTimers{due: map[string]time.Time{log[0].TicketID: since.Add(day)}}
	automation := &Automation{Tickets: s, Timers: timers, Policy: AutomationPolicy{RemindAfter: day, ResolveAfter: 3 * day, CloseAfter: 2 * day}, Remind: timers.remind}
	run := func(at time.Time) AutomationResult {
		t.Helper()
		s.Now = func() time.Time { return at }
		result, err := automation.Run(context.Background(), at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	for _, c := range []struct {
		after time.Duration
		want  AutomationResult
		state Status
	}{
		{day - time.Millisecond, AutomationResult{}, StatusPending},
		{day, AutomationResult{Reminded: 1}, StatusPending},
		{day, AutomationResult{}, StatusPending},
		{3*day - time.Millisecond, AutomationResult{}, StatusPending},
		{3 * day, AutomationResult{Resolved: 1}, StatusResolved},
		{4 * day, AutomationResult{}, StatusResolved},
		{5 * day, AutomationResult{Closed: 1}, StatusClosed},
		{50 * day, AutomationResult{}, StatusClosed},
	} {
		if got := run(since.Add(c.after)); got != c.want {
			t.Errorf("after %v: got %+v, want %+v", c.after, got, c.want)
		}
		detail, err := s.Detail(context.Background(), ali, log[0].TicketID)
		if err != nil || detail.Ticket.State.Status != c.state {
			t.Errorf("after %v: got %s, %v, want %s", c.after, detail.Ticket.State.Status, err, c.state)
		}
	}
	if len(timers.due) > 0 {
		t.Errorf("timers left: %v", timers.due)
	}
}

// TestAutomation_ResumesAfterInterruption interrupts a run between the action and
// the timer. The next run repeats the reminder with the same time and changes no
// status twice.
func TestAutomation_ResumesAfterInterruption(t *testing.T) {
	log := newLog().statusChange(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	store := storeWith(log, len(log))
	s := store.service(0)
	timers := &memTimers{due: map[string]time.Time{log[0].TicketID: since.Add(day)}}
	automation := &Automation{Tickets: s, Timers: timers, Policy: AutomationPolicy{RemindAfter: day, ResolveAfter: 3 * day, CloseAfter: 2 * day}, Remind: timers.remind}
	for _, after := range []time.Duration{day, 3 * day} {
		at := since.Add(after)
		s.Now = func() time.Time { return at }
		timers.failNext = true
		if _, err := automation.Run(context.Background(), at.Add(time.Minute)); err == nil {
			t.Fatal("no error")
		}
		if _, err := automation.Run(context.Background(), at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if len(timers.reminded) != 2 || !timers.reminded[0].Equal(timers.reminded[1]) {
		t.Errorf("got reminders at %v, want the same time twice", timers.reminded)
	}
	detail, err := s.Detail(context.Background(), ali, log[0].TicketID)
	if err != nil || len(detail.Entries) != len(log)+1 {
		t.Errorf("got %d entries, %v, want one more than %d", len(detail.Entries), err, len(log))
	}
	if last := detail.Entries[len(detail.Entries)-1]; last.Author.Role != "system" || last.State.Status != StatusResolved {
		t.Errorf("got %+v", last)
	}
}

// TestAutomation_CustomerMessageWins checks that a message of the customer
// prevents the action.
func TestAutomation_CustomerMessageWins(t *testing.T) {
	log := newLog().statusChange(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	store := storeWith(log, len(log))
	s := store.service(0)
	timers := &memTimers{due: map[string]time.Time{log[0].TicketID: since.Add(day), "01J00000000000000000000000": since}}
	automation := &Automation{Tickets: s, Timers: timers, Policy: AutomationPolicy{RemindAfter: day, ResolveAfter: day, CloseAfter: day}, Remind: timers.remind}
	s.Now = func() time.Time { return since.Add(2 * day) }
	if _, err := s.Post(context.Background(), sara, message("c1", 0)); err != nil {
		t.Fatal(err)
	}
	result, err := automation.Run(context.Background(), since.Add(3*day))
	if err != nil || result != (AutomationResult{}) || len(timers.due) > 0 {
		t.Errorf("got %+v, %v, timers %v", result, err, timers.due)
	}
}
