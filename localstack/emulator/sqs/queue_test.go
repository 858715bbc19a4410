package sqs

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const workARN = "arn:aws:sqs:us-east-1:000000000000:work"

// newQueues returns two queues: work, whose messages move to dead after two receives.
func newQueues() *Queues {
	q := New()
	q.Define(map[string]Settings{"work": {VisibilityTimeout: 30 * time.Second, DeadLetterQueue: "dead", MaxReceiveCount: 2}, "dead": {}})
	return q
}

func receive(t *testing.T, q *Queues) []Message {
	t.Helper()
	got, err := q.Receive(workARN, 10, -1)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// expectDepth compares visible+inFlight+delayed of work and of dead.
func expectDepth(t *testing.T, q *Queues, want string) {
	t.Helper()
	a, err := q.Depth(workARN)
	b, err2 := q.Depth("http://localhost/000000000000/dead")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%d+%d+%d %d", a.Visible, a.InFlight, a.Delayed, b.Visible); got != want {
		t.Errorf("depth: got %s, want %s", got, want)
	}
}

func TestReceive_VisibilityAndDLQ(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueues()
		if err := q.Send(workARN, "now"); err != nil {
			t.Fatal(err)
		}
		if _, err := q.SendWithDelay("work", "later", 10*time.Second); err != nil {
			t.Fatal(err)
		}
		expectDepth(t, q, "1+0+1 0")
		first := receive(t, q)
		if len(first) != 1 || first[0].Body != "now" || first[0].ReceiveCount != 1 {
			t.Fatalf("got %v, want the undelayed message", first)
		}
		expectDepth(t, q, "0+1+1 0")
		time.Sleep(10 * time.Second)
		expectDepth(t, q, "1+1+0 0")
		if got := receive(t, q); len(got) != 1 || got[0].Body != "later" || q.Delete(workARN, got[0].ReceiptHandle) != nil {
			t.Fatalf("got %v, want the delayed message", got)
		}
		if err := q.ChangeVisibility(workARN, first[0].ReceiptHandle, time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		second := receive(t, q)
		if len(second) != 1 || second[0].ReceiveCount != 2 {
			t.Fatalf("got %v, want a second receive", second)
		}
		if err := q.Delete(workARN, first[0].ReceiptHandle); err != nil {
			t.Error("outdated receipt:", err)
		}
		time.Sleep(30 * time.Second)
		expectDepth(t, q, "1+0+0 0")
		if err := q.ChangeVisibility(workARN, second[0].ReceiptHandle, time.Second); !errors.Is(err, ErrNotInFlight) {
			t.Errorf("got %v, want %v", err, ErrNotInFlight)
		}
		if got := receive(t, q); len(got) != 0 {
			t.Errorf("got %v after two receives, want none", got)
		}
		expectDepth(t, q, "0+0+0 1")
	})
}

func TestQueues_UnknownQueue(t *testing.T) {
	q := newQueues()
	_, received := q.Receive("other", 1, -1)
	_, counted := q.Depth("other")
	for _, err := range []error{q.Send("other", "x"), received, counted, q.ChangeVisibility("other", "r", 0), q.Delete("other", "r")} {
		if !errors.Is(err, ErrNoQueue) {
			t.Errorf("got %v, want %v", err, ErrNoQueue)
		}
	}
	if err := q.ChangeVisibility("work", "r", 0); !errors.Is(err, ErrReceipt) {
		t.Errorf("got %v, want %v", err, ErrReceipt)
	}
}

// TestReceive_FIFO checks that a group is received in order and one batch at a time, and
// that other groups do not wait for it.
func TestReceive_FIFO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		q.Define(map[string]Settings{"work": {VisibilityTimeout: 30 * time.Second, FIFO: true}})
		for _, body := range []string{"a1", "a2", "b1", "a3", "a3"} {
			if _, err := q.SendToGroup(workARN, body[:1], body, body); err != nil {
				t.Fatal(err)
			}
		}
		receive := func(limit int) (got []Message, bodies string) {
			got, err := q.Receive(workARN, limit, -1)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range got {
				bodies += m.Body + " "
			}
			return got, bodies
		}
		first, bodies := receive(1)
		if bodies != "a1 " {
			t.Errorf("got %s, want a1", bodies)
		}
		if _, bodies := receive(10); bodies != "b1 " {
			t.Errorf("while a1 is in flight: got %s, want b1", bodies)
		}
		if _, next := q.waiter(workARN); !next.After(time.Now()) {
			t.Error("the waiter wakes for a blocked group")
		}
		if err := q.Delete(workARN, first[0].ReceiptHandle); err != nil {
			t.Error(err)
		}
		if _, bodies := receive(10); bodies != "a2 a3 " {
			t.Errorf("after a1: got %s, want a2 a3", bodies)
		}
		if err := q.Send(workARN, "x"); !errors.Is(err, ErrNoGroup) {
			t.Errorf("without a group: got %v", err)
		}
		if _, err := q.SendToGroup(workARN, "a", "", "x"); !errors.Is(err, ErrNoGroup) {
			t.Errorf("without a deduplication id: got %v", err)
		}
	})
}
