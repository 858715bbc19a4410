package faultinjection

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/repo"
	"ticketsystem/localstack/testkit/report"
)

// throttledReads are the read units of a partition key in a second: a tenth of what DynamoDB gives,
// as one machine makes less than a tenth of the load that fills a key.
const throttledReads = 300

// throttler refuses the calls of functions to full keys once the stack has started.
type throttler struct {
	throttle atomic.Pointer[dynamodb.Throttle]
	calls    atomic.Int64
}

func (k *throttler) observe(t *testing.T) awsproxy.Observer {
	return func(c awsproxy.Call) awsproxy.Fault {
		throttle := k.throttle.Load()
		if throttle == nil || c.Service != "dynamodb" {
			return awsproxy.None
		}
		k.calls.Add(1)
		refused, err := throttle.Refuses(t.Context(), c.Operation, c.Body)
		if err != nil && t.Context().Err() == nil {
			t.Errorf("throttle: %v", err)
		}
		if refused {
			return awsproxy.Throttle
		}
		return awsproxy.None
	}
}

func (k *throttler) consumed(c awsproxy.Call, read, _ float64) {
	if throttle := k.throttle.Load(); throttle != nil && read > 0 {
		throttle.ChargeRead(c.Body, read)
	}
}

// tableOfTemplate returns the table with the name that it has in a stack.
func tableOfTemplate(t *testing.T, name string) dynamodb.Table {
	t.Helper()
	template, err := samtemplate.Load(repo.MustRoot()+"/template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := template.Resources("AWS::DynamoDB::Table")
	if err != nil || len(tables) != 1 {
		t.Fatalf("got %d tables, %v", len(tables), err)
	}
	properties, err := template.Properties(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	table, err := dynamodb.ParseTable(properties, name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestFaults_ThrottledKeys writes while each partition key, of the table and of the indexes, takes
// no more than a number of units a second. Each acknowledged message must be in the log exactly
// once, and the projections reach its end.
func TestFaults_ThrottledKeys(t *testing.T) {
	messages, throttledWrites := report.ShortOrFull(300, 5_000), report.ShortOrFull(20, 60)
	var k throttler
	r := startMeasuredRun(t, k.observe(t), k.consumed)
	r.plan, r.seed = newFaultPlan(0), faultSeed(t) // a plan without faults
	throttle := dynamodb.NewThrottle(tableOfTemplate(t, r.stack.TableName), r.stack.DynamoDBURL, throttledReads, float64(throttledWrites))
	k.throttle.Store(throttle)
	began := time.Now()
	scenarios, found, err := r.runScenarios(t.Context(), messages/(writers*perWriter))
	acknowledged := 0
	for _, s := range scenarios {
		acknowledged += s.acked.len()
	}
	r.waitForProjections(t, "projections with full partition keys", scenarios)
	refused, keys := 0, throttle.Refused()
	for _, n := range keys {
		refused += n
	}
	summary := fmt.Sprintf("%s, %d calls, %d refused by %d keys", time.Since(began).Round(time.Second), k.calls.Load(), refused, len(keys))
	for _, key := range slices.SortedFunc(maps.Keys(keys), func(a, b dynamodb.PartitionKey) int { return keys[b] - keys[a] }) {
		t.Logf("%d refused by %q %q", keys[key], key.Index, key.Value)
	}
	pass := err == nil && found == comparison{} && acknowledged >= messages && refused >= report.ShortOrFull(0, 1)
	if err != nil {
		summary += "; " + err.Error()
	}
	record(t, report.Result{
		Name: "full partition keys", Target: fmt.Sprintf("%d messages, %d write units a second for each key: 0 lost, 0 duplicated, 0 gaps", messages, throttledWrites), Pass: pass, Note: summary,
		Value: fmt.Sprintf("%d messages, %d calls refused: %d lost, %d duplicated, %d gaps", acknowledged, refused, found.Lost, found.Duplicated, found.Gaps),
	})
	t.Log(summary)
	if !pass {
		t.Errorf("%d acknowledged, %d refused, %+v: %v", acknowledged, refused, found, err)
	}
}
