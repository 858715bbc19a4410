package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/testkit/golden"
)

// fakeFunction records each invocation and returns a prepared result.
type fakeFunction struct {
	mu      sync.Mutex
	started time.Time
	calls   []string
	result  func(ids map[string]string) (string, error) // takes message ids by body
}

func (f *fakeFunction) invoke(_ context.Context, _ string, payload []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var event struct {
		Records []struct {
			MessageID, Body, MD5OfBody, EventSource, EventSourceARN string
			Attributes                                              map[string]string
		}
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	ids, bodies := map[string]string{}, []string{}
	for _, r := range event.Records {
		if r.MD5OfBody != MD5(r.Body) || r.EventSource != "aws:sqs" || r.EventSourceARN != workARN {
			return nil, fmt.Errorf("wrong record %+v", r)
		}
		ids[r.Body] = r.MessageID
		bodies = append(bodies, r.Body+r.Attributes["ApproximateReceiveCount"])
	}
	f.calls = append(f.calls, fmt.Sprintf("%d:%s", int(time.Since(f.started).Seconds()), strings.Join(bodies, "+")))
	result, err := f.result(ids)
	return []byte(result), err
}

// runMapping runs a mapping on three messages for two minutes. It returns the calls
// of the function, the depth of the queue and the number of dead letters.
func runMapping(t *testing.T, m Mapping, result func(map[string]string) (string, error)) (calls string, d Depth, dead int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := newQueues()
		for _, body := range []string{"a", "b", "c"} {
			if err := q.Send(workARN, body); err != nil {
				t.Fatal(err)
			}
		}
		f := &fakeFunction{started: time.Now(), result: result}
		m.ID, m.Queue = "m", workARN
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		(&Poller{Queues: q, Invoke: f.invoke, Logf: t.Logf}).Run(ctx, m)
		slices.Sort(f.calls)
		calls = strings.Join(f.calls, " ")
		var err error
		if d, err = q.Depth(workARN); err != nil {
			t.Error(err)
		}
		dead = len(q.List("dead", 10))
	})
	return calls, d, dead
}

func TestNewEvent(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	golden.JSON(t, "event", newEvent(workARN, []Message{
		{ID: "m1", Body: `{"a":1}`, SentAt: at, FirstReceivedAt: at.Add(time.Second), ReceiveCount: 2, ReceiptHandle: "r1"},
	}))
}

func TestPoller_Deliver(t *testing.T) {
	failure := &lambda.FunctionError{Message: "as requested"}
	starts := 0
	for name, c := range map[string]struct {
		mapping Mapping
		result  func(ids map[string]string) (string, error)
		calls   string
		dead    int
	}{
		"batches": {Mapping{BatchSize: 2}, func(map[string]string) (string, error) { return "null", nil }, "0:a1+b1 0:c1", 0},
		"function error": {Mapping{BatchSize: 10}, func(map[string]string) (string, error) { return "", failure },
			"0:a1+b1+c1 30:a2+b2+c2", 3},
		"reported failure": {Mapping{BatchSize: 10, ReportFailures: true}, func(ids map[string]string) (string, error) {
			if ids["b"] == "" {
				return "null", nil
			}
			return `{"batchItemFailures":[{"itemIdentifier":"` + ids["b"] + `"}]}`, nil
		}, "0:a1+b1+c1 30:b2", 1},
		"report ignored": {Mapping{BatchSize: 10}, func(ids map[string]string) (string, error) {
			return `{"batchItemFailures":[{"itemIdentifier":"` + ids["b"] + `"}]}`, nil
		}, "0:a1+b1+c1", 0},
		"report of an unknown message": {Mapping{BatchSize: 10, ReportFailures: true}, func(map[string]string) (string, error) {
			return `{"batchItemFailures":[{"itemIdentifier":"x"}]}`, nil
		}, "0:a1+b1+c1 30:a2+b2+c2", 3},
		"invalid report": {Mapping{BatchSize: 10, ReportFailures: true}, func(map[string]string) (string, error) { return `"done"`, nil },
			"0:a1+b1+c1 30:a2+b2+c2", 3},
		"start failure": {Mapping{BatchSize: 10}, func(map[string]string) (string, error) {
			if starts++; starts < 4 {
				return "", errors.New("does not compile")
			}
			return "null", nil
		}, "0:a1+b1+c1 1:a1+b1+c1 2:a1+b1+c1 3:a1+b1+c1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			calls, d, dead := runMapping(t, c.mapping, c.result)
			if calls != c.calls || dead != c.dead || d.Visible+d.InFlight != 0 {
				t.Errorf("got %s, %+v, %d dead\nwant %s, an empty queue, %d dead", calls, d, dead, c.calls, c.dead)
			}
		})
	}
}

func TestPoller_WindowAndConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueues()
		f := &fakeFunction{started: time.Now(), result: func(map[string]string) (string, error) { return "null", nil }}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := &Poller{Queues: q, Invoke: f.invoke, Logf: t.Logf}
		go p.Run(ctx, Mapping{ID: "m", Queue: workARN, BatchSize: 10, BatchWindow: 5 * time.Second})
		for _, body := range []string{"a", "b"} {
			if err := q.Send(workARN, body); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := strings.Join(f.calls, " "); got != "5:a1+b1" {
			t.Errorf("got %s, want one batch after the window", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		q := newQueues()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var mu sync.Mutex
		atOnce, most := 0, 0
		p := &Poller{Queues: q, Logf: t.Logf, Invoke: func(context.Context, string, []byte) ([]byte, error) {
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			atOnce--
			mu.Unlock()
			return []byte("null"), nil
		}}
		go p.Run(ctx, Mapping{ID: "m", Queue: workARN, BatchSize: 1, MaxConcurrency: 3})
		for range 9 {
			if err := q.Send(workARN, "x"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if d, err := q.Depth(workARN); err != nil || most != 3 || d.Visible+d.InFlight != 0 {
			t.Errorf("got %d in parallel, left %+v, %v; want 3 in parallel and an empty queue", most, d, err)
		}
	})
}
