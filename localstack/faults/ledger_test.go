package faults

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ticketsystem/pkg/ticket"
)

// ledger is what the writers of a ticket remember: each message of theirs that
// was acknowledged, as it was.
type ledger struct {
	mu    sync.Mutex
	acked map[string]acked // by client id
}

type acked struct {
	seq          int
	author, body string
}

// sign notes an acknowledgement. It is false for a second one that says another seq.
func (l *ledger) sign(clientID string, a acked) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acked == nil {
		l.acked = map[string]acked{}
	}
	was, known := l.acked[clientID]
	l.acked[clientID] = a
	return !known || was == a
}

func (l *ledger) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// row is what of an entry is compared.
type row struct {
	seq                    int
	clientID, author, body string
}

// audit is how far a log and a ledger are apart.
type audit struct {
	Lost    int // acknowledged, and not there as acknowledged
	Doubled int // there more than once
	Gaps    int // numbers that nothing has
	Foreign int // there, and nobody remembers it
}

func (a *audit) add(b audit) {
	a.Lost, a.Doubled, a.Gaps, a.Foreign = a.Lost+b.Lost, a.Doubled+b.Doubled, a.Gaps+b.Gaps, a.Foreign+b.Foreign
}

// compare holds a ticket's log against the ledger. Its first entry is the
// ticket's opening.
func (l *ledger) compare(log []row) audit {
	l.mu.Lock()
	defer l.mu.Unlock()
	log = slices.SortedFunc(slices.Values(log), func(a, b row) int { return cmp.Compare(a.seq, b.seq) })
	var found audit
	times, held := map[string]int{}, map[string]bool{}
	last := 0
	for _, r := range log {
		switch {
		case r.seq == last:
			found.Doubled++
		case r.seq > last+1:
			found.Gaps += r.seq - last - 1
		}
		last = r.seq
		if r.seq == 1 {
			continue
		}
		a, known := l.acked[r.clientID]
		times[r.clientID]++
		switch {
		case !known:
			found.Foreign++
		case times[r.clientID] > 1:
			found.Doubled++
		}
		if known && a == (acked{r.seq, r.author, r.body}) {
			held[r.clientID] = true
		}
	}
	found.Lost = len(l.acked) - len(held)
	return found
}

// stored are the rows of a log as the table has it.
func stored(log ticket.Log) []row {
	rows := make([]row, 0, len(log.Entries))
	for _, e := range log.Entries {
		rows = append(rows, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	return rows
}

// TestLedgerSees makes logs that are wrong in one way each.
func TestLedgerSees(t *testing.T) {
	var l ledger
	log := stored(ticket.Log{Entries: []ticket.Entry{{Seq: 1, Body: "opened", Author: ticket.Author{ID: "u"}}}})
	for seq := 2; seq <= 5; seq++ {
		r := row{seq, fmt.Sprint("c", seq), "u", fmt.Sprint("text ", seq)}
		l.sign(r.clientID, acked{r.seq, r.author, r.body})
		log = append(log, r)
	}
	for name, c := range map[string]struct {
		log  []row
		want audit
	}{
		"all is well":      {log, audit{}},
		"one is lost":      {log[:4], audit{Lost: 1}},
		"one is missing":   {slices.Delete(slices.Clone(log), 2, 3), audit{Lost: 1, Gaps: 1}},
		"one is twice":     {append(slices.Clone(log), row{6, "c3", "u", "text 3"}), audit{Doubled: 1}},
		"a slot has two":   {append(slices.Clone(log), log[2]), audit{Doubled: 2}},
		"a stranger":       {append(slices.Clone(log), row{6, "x", "u", "?"}), audit{Foreign: 1}},
		"another text":     {append(slices.Clone(log[:4]), row{5, "c5", "u", "other"}), audit{Lost: 1}},
		"in another place": {append(slices.Clone(log[:4]), row{6, "c5", "u", "text 5"}), audit{Lost: 1, Gaps: 1}},
	} {
		if got := l.compare(c.log); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if l.sign("c3", acked{4, "u", "text 3"}) {
		t.Error("a second acknowledgement with another seq was taken")
	}
}
