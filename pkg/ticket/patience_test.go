package ticket

import (
	"context"
	"errors"
	"testing"
	"time"
)

// alarms are timers in memory, by ticket, with what was reminded of.
type alarms struct {
	due      map[string]time.Time
	reminded []time.Time
	broken   bool // the next move of a timer fails
}

func (a *alarms) SetTimer(context.Context, Timer, int) error   { return nil }
func (a *alarms) DropTimer(context.Context, string, int) error { return nil }
func (a *alarms) remind(_ context.Context, _ Head, at time.Time) error {
	a.reminded = append(a.reminded, at)
	return nil
}

func (a *alarms) DueTimers(_ context.Context, now time.Time, _ int) ([]Timer, error) {
	var due []Timer
	for ticketID, at := range a.due {
		if !at.After(now) {
			due = append(due, Timer{ticketID, at})
		}
	}
	return due, nil
}

func (a *alarms) MoveTimer(_ context.Context, t Timer, to time.Time) error {
	if a.broken {
		a.broken = false
		return errors.New("down")
	}
	if to.IsZero() {
		delete(a.due, t.TicketID)
		return nil
	}
	a.due[t.TicketID] = to
	return nil
}

const day = 24 * time.Hour

// TestTime: a pending ticket is reminded of, resolved and closed, each once,
// also when a run is cut off; one that came alive is left alone.
func TestTime(t *testing.T) {
	log := opening().status(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	s := holding(log, len(log))
	desk := s.desk(0)
	timers := &alarms{due: map[string]time.Time{log[0].TicketID: since.Add(day)}}
	clock := &Clock{Desk: desk, Timers: timers, Patience: Patience{Reminder: day, Pending: 3 * day, Resolved: 2 * day}, Remind: timers.remind}
	run := func(at time.Time) Passed {
		t.Helper()
		desk.Now = func() time.Time { return at }
		passed, err := clock.Run(context.Background(), at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return passed
	}
	for _, c := range []struct {
		after time.Duration
		want  Passed
		state Status
	}{
		{day - time.Millisecond, Passed{}, StatusPending},
		{day, Passed{Reminded: 1}, StatusPending},
		{day, Passed{}, StatusPending},
		{3*day - time.Millisecond, Passed{}, StatusPending},
		{3 * day, Passed{Resolved: 1}, StatusResolved},
		{4 * day, Passed{}, StatusResolved},
		{5 * day, Passed{Closed: 1}, StatusClosed},
		{50 * day, Passed{}, StatusClosed},
	} {
		if got := run(since.Add(c.after)); got != c.want {
			t.Errorf("after %v: got %+v, want %+v", c.after, got, c.want)
		}
		detail, err := desk.Detail(context.Background(), ali, log[0].TicketID)
		if err != nil || detail.Head.State.Status != c.state {
			t.Errorf("after %v: got %s, %v, want %s", c.after, detail.Head.State.Status, err, c.state)
		}
	}
	if len(timers.due) > 0 {
		t.Errorf("timers left: %v", timers.due)
	}
}

// TestTimeIsCutOff between the reminder, or the move, and the timer: done again,
// it changes nothing, and reminds of the same.
func TestTimeIsCutOff(t *testing.T) {
	log := opening().status(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	s := holding(log, len(log))
	desk := s.desk(0)
	timers := &alarms{due: map[string]time.Time{log[0].TicketID: since.Add(day)}}
	clock := &Clock{Desk: desk, Timers: timers, Patience: Patience{Reminder: day, Pending: 3 * day, Resolved: 2 * day}, Remind: timers.remind}
	for _, after := range []time.Duration{day, 3 * day} {
		at := since.Add(after)
		desk.Now = func() time.Time { return at }
		timers.broken = true
		if _, err := clock.Run(context.Background(), at.Add(time.Minute)); err == nil {
			t.Fatal("no error")
		}
		if _, err := clock.Run(context.Background(), at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if len(timers.reminded) != 2 || !timers.reminded[0].Equal(timers.reminded[1]) {
		t.Errorf("reminded of %v, want the same twice", timers.reminded)
	}
	detail, err := desk.Detail(context.Background(), ali, log[0].TicketID)
	if err != nil || len(detail.Entries) != len(log)+1 {
		t.Errorf("got %d entries, %v, want one more than %d", len(detail.Entries), err, len(log))
	}
	if last := detail.Entries[len(detail.Entries)-1]; last.Author.Role != "system" || last.State.Status != StatusResolved {
		t.Errorf("got %+v", last)
	}
}

// TestTimeLetsTheCustomerWin: his message came first, so nothing is due.
func TestTimeLetsTheCustomerWin(t *testing.T) {
	log := opening().status(ali, StatusPending)
	since := log[len(log)-1].CreatedAt
	s := holding(log, len(log))
	desk := s.desk(0)
	timers := &alarms{due: map[string]time.Time{log[0].TicketID: since.Add(day), "01J00000000000000000000000": since}}
	clock := &Clock{Desk: desk, Timers: timers, Patience: Patience{Reminder: day, Pending: day, Resolved: day}, Remind: timers.remind}
	desk.Now = func() time.Time { return since.Add(2 * day) }
	if _, err := desk.Post(context.Background(), sara, message("c1", 0)); err != nil {
		t.Fatal(err)
	}
	passed, err := clock.Run(context.Background(), since.Add(3*day))
	if err != nil || passed != (Passed{}) || len(timers.due) > 0 {
		t.Errorf("got %+v, %v, timers %v", passed, err, timers.due)
	}
}
