package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/ticket"
)

// automationFixture is an automation over a store, which records the reminders.
type automationFixture struct {
	*ticket.Automation
	store    *memStore
	reminded []time.Time
}

// newAutomation returns the automation of a log whose timer is due a day after
// its last entry.
func newAutomation(log logBuilder, policy ticket.AutomationPolicy) *automationFixture {
	f := &automationFixture{store: storeWith(log, len(log))}
	f.Automation = &ticket.Automation{Tickets: f.store.service(0), Timers: f.store, Policy: policy, Remind: f.remind}
	f.setTimer(log[0].TicketID, log[len(log)-1].CreatedAt.Add(day))
	return f
}

func (f *automationFixture) setTimer(ticketID string, due time.Time) {
	must(f.store.raw.SetTimer(context.Background(), ticket.Timer{TicketID: ticketID, Due: due}, 1))
}

func (f *automationFixture) remind(_ context.Context, _ ticket.Ticket, at time.Time) error {
	f.reminded = append(f.reminded, at)
	return nil
}

// timers returns all timers.
func (f *automationFixture) timers() []ticket.Timer {
	timers, err := f.store.raw.DueTimers(context.Background(), minute(0).Add(1000*day), 100)
	must(err)
	return timers
}

const day = 24 * time.Hour

// TestAutomation_Run checks that the customer of a pending ticket is reminded and
// that the ticket is resolved and closed, each once and at its time.
func TestAutomation_Run(t *testing.T) {
	log := newLog().statusChange(ali, ticket.StatusPending)
	since := log[len(log)-1].CreatedAt
	automation := newAutomation(log, ticket.AutomationPolicy{RemindAfter: day, ResolveAfter: 3 * day, CloseAfter: 2 * day})
	s := automation.Tickets
	run := func(at time.Time) ticket.AutomationResult {
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
		want  ticket.AutomationResult
		state ticket.Status
	}{
		{day - time.Millisecond, ticket.AutomationResult{}, ticket.StatusPending},
		{day, ticket.AutomationResult{Reminded: 1}, ticket.StatusPending},
		{day, ticket.AutomationResult{}, ticket.StatusPending},
		{3*day - time.Millisecond, ticket.AutomationResult{}, ticket.StatusPending},
		{3 * day, ticket.AutomationResult{Resolved: 1}, ticket.StatusResolved},
		{4 * day, ticket.AutomationResult{}, ticket.StatusResolved},
		{5 * day, ticket.AutomationResult{Closed: 1}, ticket.StatusClosed},
		{50 * day, ticket.AutomationResult{}, ticket.StatusClosed},
	} {
		if got := run(since.Add(c.after)); got != c.want {
			t.Errorf("after %v: got %+v, want %+v", c.after, got, c.want)
		}
		detail, err := s.Detail(context.Background(), ali, log[0].TicketID)
		if err != nil || detail.Ticket.State.Status != c.state {
			t.Errorf("after %v: got %s, %v, want %s", c.after, detail.Ticket.State.Status, err, c.state)
		}
	}
	if timers := automation.timers(); len(timers) > 0 {
		t.Errorf("timers left: %v", timers)
	}
}

// TestAutomation_ResumesAfterInterruption interrupts a run between the action and
// the timer. The next run repeats the reminder with the same time and changes no
// status twice.
func TestAutomation_ResumesAfterInterruption(t *testing.T) {
	log := newLog().statusChange(ali, ticket.StatusPending)
	since := log[len(log)-1].CreatedAt
	automation := newAutomation(log, ticket.AutomationPolicy{RemindAfter: day, ResolveAfter: 3 * day, CloseAfter: 2 * day})
	s := automation.Tickets
	for _, after := range []time.Duration{day, 3 * day} {
		at := since.Add(after)
		s.Now = func() time.Time { return at }
		automation.store.Before = func(operation, _ string) error {
			if operation == "RescheduleTimer" {
				return errors.New("down")
			}
			return nil
		}
		if _, err := automation.Run(context.Background(), at.Add(time.Minute)); err == nil {
			t.Fatal("no error")
		}
		automation.store.Before = nil
		if _, err := automation.Run(context.Background(), at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if len(automation.reminded) != 2 || !automation.reminded[0].Equal(automation.reminded[1]) {
		t.Errorf("got reminders at %v, want the same time twice", automation.reminded)
	}
	detail, err := s.Detail(context.Background(), ali, log[0].TicketID)
	if err != nil || len(detail.Entries) != len(log)+1 {
		t.Errorf("got %d entries, %v, want one more than %d", len(detail.Entries), err, len(log))
	}
	if last := detail.Entries[len(detail.Entries)-1]; last.Author.Role != "system" || last.State.Status != ticket.StatusResolved {
		t.Errorf("got %+v", last)
	}
}

// TestAutomation_CustomerMessageWins checks that a message of the customer
// prevents the action.
func TestAutomation_CustomerMessageWins(t *testing.T) {
	log := newLog().statusChange(ali, ticket.StatusPending)
	since := log[len(log)-1].CreatedAt
	automation := newAutomation(log, ticket.AutomationPolicy{RemindAfter: day, ResolveAfter: day, CloseAfter: day})
	automation.setTimer("01J00000000000000000000000", since)
	s := automation.Tickets
	s.Now = func() time.Time { return since.Add(2 * day) }
	if _, err := s.Post(context.Background(), sara, message("c1", 0)); err != nil {
		t.Fatal(err)
	}
	result, err := automation.Run(context.Background(), since.Add(3*day))
	if err != nil || result != (ticket.AutomationResult{}) || len(automation.timers()) > 0 {
		t.Errorf("got %+v, %v, timers %v", result, err, automation.timers())
	}
}

// TestAutomation_FailedTicketsMakeRoom checks that tickets which fail, as many as one read takes,
// do not keep the others from their action.
func TestAutomation_FailedTicketsMakeRoom(t *testing.T) {
	log := newLog().statusChange(ali, ticket.StatusPending)
	since := log[len(log)-1].CreatedAt
	automation := newAutomation(log, ticket.AutomationPolicy{RemindAfter: day, ResolveAfter: day, CloseAfter: day})
	failing := map[string]bool{}
	for i := range 50 {
		id := fmt.Sprintf("01J000000000000000000000%02d", i)
		failing[id] = true
		automation.setTimer(id, since)
	}
	automation.store.Before = func(operation, ticketID string) error {
		if failing[ticketID] && operation != "RescheduleTimer" {
			return errors.New("damaged")
		}
		return nil
	}
	now := since.Add(2 * day)
	automation.Tickets.Now = func() time.Time { return now }
	result, err := automation.Run(context.Background(), now.Add(time.Minute))
	if err == nil || result.Resolved != 1 {
		t.Errorf("got %+v, %v, want one ticket resolved and the errors of the others", result, err)
	}
	if due := automation.timers(); len(due) != 51 || !due[0].Due.After(now) {
		t.Errorf("got %d timers, the first at %v, want all after %v", len(due), due[0].Due, now)
	}
}
