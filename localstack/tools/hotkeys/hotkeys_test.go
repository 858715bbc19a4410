package main

import (
	"fmt"
	"testing"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/dynamo"
)

// TestCeiling plays a few tickets and checks that no key which they share is full below the goal,
// and that the counted write units are those that the engine reports.
func TestCeiling(t *testing.T) {
	t.Parallel()
	r, err := measure(t.Context(), manyShards(), deliverBatch) // fewer would leave batches half empty
	if err != nil {
		t.Fatal(err)
	}
	tickets, messages := r.ceilings()
	if tickets < goalTickets || messages < goalMessages {
		t.Errorf("a key is full at %.0f tickets and %.0f messages a second, want %d and %d\n%s", tickets, messages, goalTickets, goalMessages, r)
	}
	if err := report.Record(report.Result{
		Check: "hot-keys", Name: fmt.Sprintf("rate at which the busiest key is full, with %d shards of the queue, %d of new entries, %d of statistics", r.shards.Queue.Writes(), r.shards.Activity.Writes(), r.shards.Stats.Writes()),
		Value: fmt.Sprintf("%.0f messages and %.0f tickets a second", messages, tickets), Target: fmt.Sprintf("%d messages and %d tickets a second", goalMessages, goalTickets),
		Pass: tickets >= goalTickets && messages >= goalMessages, Note: "The busiest key is " + r.keys[0].name() + ".",
	}); err != nil {
		t.Error(err)
	}
	if counted := r.usage.Written.Total() - r.usage.Refused; counted != r.usage.Reported {
		t.Errorf("counted %g write units, the engine reports %g", counted, r.usage.Reported)
	}
	sharded := map[string]int{}
	for _, k := range r.keys {
		if k.shards > 1 {
			sharded[k.Index+" "+k.Value] = k.shards
		}
	}
	for _, key := range []string{"queue-waiting 0", "queue-activity 0", "all-created 0", "status-waiting open", "owner-created TIMER", " ACT", " STAT"} {
		if sharded[key] == 0 {
			t.Errorf("%q has no shards\n%s", key, r)
		}
	}
}

// TestCeiling_OneShard checks that the ranking shows what shards are for.
func TestCeiling_OneShard(t *testing.T) {
	t.Parallel()
	r, err := measure(t.Context(), dynamo.Shards{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if k := r.keys[0]; k.Value != "STAT" || k.ceiling() > 50 {
		t.Errorf("the busiest key is %+v, want the statistics\n%s", k, r)
	}
}
