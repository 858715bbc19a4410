package faultinjection

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"ticketsystem/localstack/emulator/awsproxy"
)

// faultPlan decides the fault of each call at random. It is safe for concurrent use.
type faultPlan struct {
	mu       sync.Mutex
	rng      *rand.Rand
	armed    bool
	calls    int            // calls observed while armed
	seen     map[string]int // the same by function and call
	injected map[plannedFault]int
}

// plannedFault is an injected fault with its function and call.
type plannedFault struct {
	function, call string
	fault          awsproxy.Fault
}

func newFaultPlan(seed uint64) *faultPlan {
	return &faultPlan{rng: rand.New(rand.NewPCG(seed, 1)), seen: map[string]int{}, injected: map[plannedFault]int{}}
}

// setArmed starts or stops the injection.
func (p *faultPlan) setArmed(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = on
}

// observe implements the proxy's observer.
func (p *faultPlan) observe(c awsproxy.Call) awsproxy.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	rate := faultRate(c.Function)
	if !p.armed || rate == 0 {
		return awsproxy.None
	}
	p.calls++
	p.seen[tableRow(c.Function, c.Service+" "+c.Operation)]++
	if p.rng.Float64() >= rate {
		return awsproxy.None
	}
	fault := p.draw(c)
	p.injected[plannedFault{c.Function, c.Service + " " + c.Operation, fault}]++
	return fault
}

// faultRate returns the share of a function's calls that get a fault. It is high for
// requests of users. A stream batch makes hundreds of calls and goes to the DLQ after
// its attempts, so the same rate would fail every batch.
func faultRate(function string) float64 {
	switch {
	case function == "message-post" || function == "socket-message":
		return 0.016
	case strings.HasPrefix(function, "socket-") || function == "connect-token-create":
		return 0.02
	case strings.HasPrefix(function, "stream-") || function == "notification-send" || function == "code-send":
		return 0.0005
	}
	return 0
}

// draw returns a random fault that is possible for this call.
func (p *faultPlan) draw(c awsproxy.Call) awsproxy.Fault {
	const totalShare = 1000
	for n, at := p.rng.IntN(totalShare), 0; ; {
		for _, share := range []struct {
			fault awsproxy.Fault
			of    int
		}{
			{awsproxy.KillBefore, 200}, {awsproxy.KillAfter, 225}, {awsproxy.Throttle, 150}, {awsproxy.Conflict, 120},
			{awsproxy.CloseConnection, 130}, {awsproxy.DropResponse, 170}, {awsproxy.Hang, 5},
		} {
			if at += share.of; n < at {
				if share.fault == awsproxy.Conflict && !isWrite(c) {
					return awsproxy.Throttle
				}
				return share.fault
			}
		}
	}
}

// isWrite reports whether the call can conflict with a transaction.
func isWrite(c awsproxy.Call) bool {
	return slices.Contains([]string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}, c.Operation)
}

// total returns the number of injected faults, and of kills among them.
func (p *faultPlan) total() (faults, kills int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pf, n := range p.injected {
		faults += n
		if pf.fault.Kills() {
			kills += n
		}
	}
	return faults, kills
}

func tableRow(function, call string) string { return function + " | " + call }

// table returns the injected faults as Markdown.
func (p *faultPlan) table() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	kinds := []awsproxy.Fault{awsproxy.KillBefore, awsproxy.KillAfter, awsproxy.Throttle, awsproxy.Conflict, awsproxy.CloseConnection, awsproxy.DropResponse, awsproxy.Hang}
	rows := map[string]map[awsproxy.Fault]int{}
	for row := range p.seen {
		rows[row] = map[awsproxy.Fault]int{}
	}
	for pf, n := range p.injected {
		row := tableRow(pf.function, pf.call)
		rows[row][pf.fault] = n
	}
	var b strings.Builder
	b.WriteString("| function | call | calls | killed before | killed after | throttled | conflict | cut before | response lost | response hangs |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "| %s | %d |", row, p.seen[row])
		for _, kind := range kinds {
			fmt.Fprintf(&b, " %d |", rows[row][kind])
		}
		b.WriteString("\n")
	}
	return b.String()
}
