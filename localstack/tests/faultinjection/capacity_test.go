package faultinjection

import (
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/testkit/report"
)

// fullTable refuses all writes of stream-project for a time, as a table or an index does whose
// provisioned capacity is too small until auto scaling has raised it.
type fullTable struct {
	until   atomic.Int64 // Unix nanoseconds
	refused atomic.Int64
}

func (f *fullTable) observe(c awsproxy.Call) awsproxy.Fault {
	now := time.Now().UnixNano()
	if c.Function != "stream-project" || c.Service != "dynamodb" || !isWrite(c) || now > f.until.Load() {
		return awsproxy.None
	}
	f.refused.Add(1)
	return awsproxy.Throttle
}

func (f *fullTable) fill(d time.Duration) {
	f.until.Store(time.Now().Add(d).UnixNano())
}

// TestFaults_FullTable writes while the projections cannot be written for longer than Lambda's
// repeats of a failed batch take. No record may be given up.
func TestFaults_FullTable(t *testing.T) {
	full := time.Duration(report.ShortOrFull(25, 60)) * time.Second
	var table fullTable
	r := startRun(t, table.observe)
	r.plan, r.seed = newFaultPlan(0), faultSeed(t) // a plan without faults
	table.fill(full)
	scenarios, found, err := r.runScenarios(t.Context(), 8)
	if err != nil || found != (comparison{}) {
		t.Errorf("%+v: %v", found, err)
	}
	r.waitForProjections(t, "projections after writes were refused for "+full.String(), scenarios)
	t.Logf("%d writes refused in %s", table.refused.Load(), full)
	if table.refused.Load() == 0 {
		t.Error("nothing was refused")
	}
}
