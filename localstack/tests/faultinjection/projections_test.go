package faultinjection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/testkit/report"
)

// projector is the function that updates the projections.
const projector = "stream-project"

// lastWait is how long the wait for the stream may take if the deadline has ended the writing. The
// writers are never far ahead of it.
const lastWait = 30 * time.Second

// waitForProjections waits until the stream is processed up to the last message. Then the
// projection of each ticket must be at the end of its log, and no record in a dead-letter
// queue. The result has the given name; a wait that ends early is recorded with what was reached.
func (r *run) waitForProjections(t *testing.T, name string, scenarios []*scenario) {
	t.Helper()
	began, before := time.Now(), r.stack.StreamProgress(projector).Records
	err := streamWait{
		progress: func() dynamodb.Progress { return r.stack.StreamProgress(projector) },
		timeLeft: func() bool { return report.TimeLeft() || time.Since(began) < lastWait }, interval: 100 * time.Millisecond, stall: 3 * time.Minute,
	}.until(t.Context(), began)
	took, records := time.Since(began), r.stack.StreamProgress(projector).Records
	note := fmt.Sprintf("%d records in all, the last %d of them in %s after the last message", records, records-before, took.Round(100*time.Millisecond))
	behind, readErr := r.countBehind(t.Context(), scenarios)
	deadLetters, queueErr := r.deadLetters(t.Context())
	if err = errors.Join(err, readErr, queueErr); err != nil {
		note += "; " + err.Error()
	}
	pass := err == nil && behind == 0 && deadLetters == 0
	if !pass {
		t.Errorf("%d tickets behind, %d dead letters; %s", behind, deadLetters, note)
	}
	record(t, report.Result{
		Name: name, Target: "0 tickets behind, 0 dead letters", Pass: pass, Note: note,
		Value: fmt.Sprintf("%d of %d tickets behind, %d dead letters", behind, len(scenarios), deadLetters),
	})
}

// countBehind counts the tickets whose projection is not at the end of their log.
func (r *run) countBehind(ctx context.Context, scenarios []*scenario) (behind int, err error) {
	for _, s := range scenarios {
		log, err := r.store.ReadLogLatest(ctx, s.ticketID, 1)
		if err != nil {
			return behind, err
		}
		if log.Ticket.LastSeq != entriesPerTicket {
			behind++
		}
	}
	return behind, nil
}

// deadLetterQueues are the dead-letter queues of the template.
const deadLetterQueues = 4

// deadLetters counts the records and jobs that were given up, once the queues are empty. It fails
// if a dead-letter queue is missing.
func (r *run) deadLetters(ctx context.Context) (n int, err error) {
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		queues, err := r.api.Queues(ctx)
		if err != nil {
			return 0, err
		}
		waiting, found := 0, 0
		n = 0
		for _, q := range queues {
			messages := q.Visible + q.InFlight + q.Delayed
			if strings.HasSuffix(q.Name, "DLQ") || strings.HasSuffix(q.Name, "-failures.fifo") {
				found++
				n += messages
			} else {
				waiting += messages
			}
		}
		switch {
		case found != deadLetterQueues:
			return n, fmt.Errorf("got %d dead-letter queues of %d queues, want %d", found, len(queues), deadLetterQueues)
		case waiting == 0:
			return n, nil
		case time.Since(began) > queueWait, time.Since(began) > lastWait && !report.TimeLeft():
			return n, fmt.Errorf("%d messages still wait in the queues", waiting)
		}
	}
}

// queueWait is how long the queues may take after the last record. A job of the search index that
// failed is received again after its visibility timeout.
const queueWait = 3 * time.Minute

// waitForProjection waits until a ticket's projection has reached the end of its log.
func (r *run) waitForProjection(ctx context.Context, ticketID string) error {
	ctx, cancel := context.WithTimeout(ctx, scenarioTimeout)
	defer cancel()
	for {
		log, err := r.store.ReadLogLatest(ctx, ticketID, 1)
		if err != nil {
			return err
		}
		if log.Ticket.LastSeq == entriesPerTicket {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("ticket %s is at %d, want %d", ticketID, log.Ticket.LastSeq, entriesPerTicket)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// streamWait waits for a function that processes the stream, however long its records take. It
// ends early when no record was processed for the time of stall, or no time is left.
type streamWait struct {
	progress        func() dynamodb.Progress
	timeLeft        func() bool
	interval, stall time.Duration
}

// until waits until all records that were written before a time have been processed.
func (w streamWait) until(ctx context.Context, written time.Time) error {
	for last, moved := -1, time.Now(); ; {
		p := w.progress()
		if p.Records > last {
			last, moved = p.Records, time.Now()
		}
		switch {
		case p.CaughtUp.After(written):
			return nil
		case time.Since(moved) > w.stall:
			return fmt.Errorf("the stream is stuck: no record for %s", w.stall)
		case !w.timeLeft():
			return errors.New("the deadline of the check came before the end of the stream")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(w.interval):
		}
	}
}

// A wait goes on as long as records are processed, and says whether the stream is stuck or
// only slow.
func TestStreamWait(t *testing.T) {
	for name, c := range map[string]struct {
		records, caughtUp, left time.Duration // until the last record, the end of the stream, the deadline
		want                    string
		took                    time.Duration
	}{
		"idle":          {0, 0, time.Hour, "", time.Second},
		"slow":          {50 * time.Minute, 50 * time.Minute, time.Hour, "", 50 * time.Minute},
		"stuck":         {5 * time.Minute, 50 * time.Minute, time.Hour, "the stream is stuck: no record for 3m0s", 8 * time.Minute},
		"out of time":   {50 * time.Minute, 50 * time.Minute, 10 * time.Minute, "the deadline of the check came before the end of the stream", 10 * time.Minute},
		"stuck at once": {0, 50 * time.Minute, time.Hour, "the stream is stuck: no record for 3m0s", 3 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			err := streamWait{
				progress: func() dynamodb.Progress {
					p := dynamodb.Progress{Records: int(min(time.Since(began), c.records).Seconds())}
					if time.Since(began) > c.caughtUp {
						p.CaughtUp = time.Now()
					}
					return p
				},
				timeLeft: func() bool { return time.Since(began) < c.left }, interval: time.Second, stall: 3 * time.Minute,
			}.until(t.Context(), began)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if took := time.Since(began); got != c.want || took < c.took || took > c.took+2*time.Second {
				t.Errorf("%s: got %q after %s, want %q after %s", name, got, took, c.want, c.took)
			}
		})
	}
}
