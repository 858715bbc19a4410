package attacks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// attack counts the requests of one attack and what they cause.
type attack struct {
	t      *testing.T
	name   string
	before figures
	began  time.Time
	delays chan []time.Duration // of others; nil if they are not measured
	waited []time.Duration

	mu       sync.Mutex
	requests int
	statuses map[int]int
	problems map[string]int // codes of the refusals
}

// begin starts an attack.
func begin(t *testing.T, name string) *attack {
	settle(t)
	return &attack{t: t, name: name, before: suite.meter.get(), began: time.Now(), statuses: map[int]int{}, problems: map[string]int{}}
}

// count records a response. A refusal by a limit must say when to try again. API Gateway
// itself does not.
func (a *attack) count(r client.Response, err error) client.Response {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.t.Error(err)
		return r
	}
	a.requests++
	a.statuses[r.Status]++
	if r.Status == http.StatusTooManyRequests {
		var problem client.Problem
		if err := r.Decode(r.Status, &problem); err != nil {
			a.t.Error(err)
		}
		if problem.Code != "" && r.Header.Get("Retry-After") == "" {
			a.t.Errorf("%s: got %s without Retry-After", r.Call, r)
		}
		a.problems[problem.Code]++
	}
	return r
}

// flood sends n requests from several goroutines, and fewer if a response is not wanted.
func (a *attack) flood(workers, n int, send func(i int) (client.Response, error), until func(client.Response) bool) {
	next := make(chan int)
	stop := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				if r := a.count(send(i)); until != nil && until(r) {
					once.Do(func() { close(stop) })
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
			continue
		case <-stop:
		case <-a.t.Context().Done():
		}
		break
	}
	close(next)
	wg.Wait()
}

func (a *attack) accepted() (n int) {
	for status, times := range a.statuses {
		if status < 300 {
			n += times
		}
	}
	return n
}

func (a *attack) refused() int { return a.statuses[http.StatusTooManyRequests] }

// windows returns the number of fixed windows that the attack has touched.
func (a *attack) windows(length time.Duration) int {
	return int(time.Now().Truncate(length).Sub(a.began.Truncate(length))/length) + 1
}

// figures waits for the effects of the attack, and returns what it has consumed.
func (a *attack) figures() figures {
	if a.delays != nil && a.waited == nil {
		a.waited = <-a.delays
	}
	settle(a.t)
	return suite.meter.get().minus(a.before)
}

// rows are the figures of all attacks, for the report.
var rows strings.Builder

// end records the figures of the attack, and its result.
func (a *attack) end(value, target string, pass bool, note string) {
	a.t.Helper()
	f, delay := a.figures(), ""
	if a.delays != nil {
		delay = fmt.Sprintf("%.1f s", slices.Max(a.waited).Seconds())
	}
	fmt.Fprintf(&rows, "| %s | %d | %d | %d | %.0f | %.0f | %d | %d | %d | %s |\n",
		a.name, a.requests, a.accepted(), a.refused(), f.write, f.read, f.rows, f.texts, f.mails, delay)
	table := "| Attack | Requests | Accepted | Refused (429) | Write units | Read units | Index rows | Texts | Mails | Delay of others |\n|---|---|---|---|---|---|---|---|---|---|\n" + rows.String()
	a.t.Logf("%s: %d requests, statuses %v, refusals %v, %+v, delay %q; %s", a.name, a.requests, a.statuses, a.problems, f, delay, value)
	err := report.Detail("attacks", "Figures of each attack", table)
	result := report.Result{Check: "attacks", Name: a.name, Value: value, Target: target, Pass: pass, Note: note}
	if err = errors.Join(err, report.Record(result)); err != nil {
		a.t.Error(err)
	}
	if !pass && !report.Full() { // the report has the row
		a.t.Errorf("%s: got %s, want %s", a.name, value, target)
	}
	if a.delays != nil {
		name := a.name + ": delay of another customer's queue entry"
		result := report.Result{Check: "attacks", Name: name, Value: delay, Target: "less than 2 s", Pass: slices.Max(a.waited) < 2*time.Second}
		result.Note = fmt.Sprintf("%d entries were measured, the median waited %.1f s. The attack had %d requests accepted, %.0f write units and %d index rows.",
			len(a.waited), slices.Sorted(slices.Values(a.waited))[len(a.waited)/2].Seconds(), a.accepted(), f.write, f.rows)
		if err := report.Record(result); err != nil {
			a.t.Error(err)
		}
	}
}

// settle waits until the functions consume nothing for a moment. Nothing but the figures of
// the report depends on it.
func settle(t *testing.T) {
	t.Helper()
	quiet := report.ShortOrFull(2*pollInterval, 3*time.Second)
	last, since := suite.meter.get(), time.Now()
	for deadline := time.Now().Add(timeout); time.Since(since) < quiet && time.Now().Before(deadline); time.Sleep(pollInterval) {
		if now := suite.meter.get(); now != last {
			last, since = now, time.Now()
		}
	}
}

// measureDelays opens tickets of another customer during the attack, and measures how long
// each takes to the queue of the agents. The short form does not.
func (a *attack) measureDelays(ticket func() string) {
	if ticket == nil {
		return
	}
	a.delays = make(chan []time.Duration, 1)
	go func() {
		var delays []time.Duration
		for range 8 {
			id := ticket()
			start := time.Now()
			await(a.t, "the queue entry", func() error { return inQueue(a.t.Context(), id) })
			delays = append(delays, time.Since(start))
			time.Sleep(200 * time.Millisecond)
		}
		a.delays <- delays
	}()
}

func inQueue(ctx context.Context, id string) error {
	r, err := suite.agent.Do(ctx, "GET", "/tickets?sort=-lastActivityAt&limit=100", nil)
	if err != nil {
		return err
	}
	var page client.List[client.Ticket]
	if err := r.Decode(http.StatusOK, &page); err != nil {
		return err
	}
	if !slices.ContainsFunc(page.Data, func(tk client.Ticket) bool { return tk.ID == id }) {
		return fmt.Errorf("ticket %s is not in the queue", id)
	}
	return nil
}

// await repeats a check until it succeeds or times out.
func await(t *testing.T, what string, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(pollInterval) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s, not within %s: %v", what, timeout, err)
			return
		}
	}
}

// customer signs up a new customer.
func customer(t *testing.T) *client.User {
	t.Helper()
	user, err := suite.api.SignUp(t.Context(), client.RandomPhone(), "Sara Customer")
	return must(t, user, err)
}

// opener returns a function that opens tickets of a new customer, nil in the short form. It
// opens one first, which starts the functions.
func opener(t *testing.T) func() string {
	t.Helper()
	if !report.Full() {
		return nil
	}
	other := customer(t)
	open := func() string {
		tk, err := other.OpenTicket(t.Context(), nil)
		if err != nil {
			t.Error(err)
		}
		return tk.ID
	}
	id := open()
	await(t, "the queue entry", func() error { return inQueue(t.Context(), id) })
	return open
}

// must ends the test on an error and returns the value.
func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}
