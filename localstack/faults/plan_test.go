package faults

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"ticketsystem/localstack/tap"
)

// plan draws what becomes of each call. It may be asked by many at once.
type plan struct {
	mu     sync.Mutex
	random *rand.Rand
	armed  bool
	calls  int            // that it was asked about while armed
	asked  map[string]int // the same by function and call
	struck map[strike]int
}

// strike is one way in which a call was broken.
type strike struct {
	function, call string
	fault          tap.Fault
}

func newPlan(seed uint64) *plan {
	return &plan{random: rand.New(rand.NewPCG(seed, 1)), asked: map[string]int{}, struck: map[strike]int{}}
}

// arm begins or ends the breaking.
func (p *plan) arm(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = on
}

// observe is the tap's observer.
func (p *plan) observe(c tap.Call) tap.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	chance := chanceOf(c.Function)
	if !p.armed || chance == 0 {
		return tap.Pass
	}
	p.calls++
	p.asked[rowOf(c.Function, c.Service+" "+c.Operation)]++
	if p.random.Float64() >= chance {
		return tap.Pass
	}
	fault := p.draw(c)
	p.struck[strike{c.Function, c.Service + " " + c.Operation, fault}]++
	return fault
}

// chanceOf is how often a call of a function is broken. What a person waits for
// breaks often. A batch of the stream makes hundreds of calls and is given up
// after its tries: the same share of its calls would break every one of them.
func chanceOf(function string) float64 {
	switch {
	case function == "message-post" || function == "socket-message":
		return 0.016
	case strings.HasPrefix(function, "socket-") || function == "realtime-ticket":
		return 0.02
	case strings.HasPrefix(function, "stream-") || function == "delivery-send":
		return 0.0005
	}
	return 0
}

// draw picks a fault that this call can meet.
func (p *plan) draw(c tap.Call) tap.Fault {
	const whole = 1000
	for n, at := p.random.IntN(whole), 0; ; {
		for _, share := range []struct {
			fault tap.Fault
			of    int
		}{
			{tap.KillBefore, 200}, {tap.KillAfter, 225}, {tap.Throttle, 150}, {tap.Conflict, 120},
			{tap.Cut, 130}, {tap.LoseAnswer, 170}, {tap.Hang, 5},
		} {
			if at += share.of; n < at {
				if share.fault == tap.Conflict && !writes(c) {
					return tap.Throttle
				}
				return share.fault
			}
		}
	}
}

// writes tells whether another transaction can be in the call's way.
func writes(c tap.Call) bool {
	return slices.Contains([]string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}, c.Operation)
}

// total is how many calls were broken, and how many of these were kills.
func (p *plan) total() (faults, kills int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, n := range p.struck {
		faults += n
		if s.fault.Kills() {
			kills += n
		}
	}
	return faults, kills
}

func rowOf(function, call string) string { return function + " | " + call }

// table lists what was broken, as Markdown.
func (p *plan) table() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	kinds := []tap.Fault{tap.KillBefore, tap.KillAfter, tap.Throttle, tap.Conflict, tap.Cut, tap.LoseAnswer, tap.Hang}
	rows := map[string]map[tap.Fault]int{}
	for row := range p.asked {
		rows[row] = map[tap.Fault]int{}
	}
	for s, n := range p.struck {
		row := rowOf(s.function, s.call)
		rows[row][s.fault] = n
	}
	var b strings.Builder
	b.WriteString("| function | call | calls | killed before | killed after | throttled | conflict | cut before | answer lost | answer hangs |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "| %s | %d |", row, p.asked[row])
		for _, kind := range kinds {
			fmt.Fprintf(&b, " %d |", rows[row][kind])
		}
		b.WriteString("\n")
	}
	return b.String()
}
