package faultinjection

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ticketsystem/pkg/ticket"
)

// ackedMessages is what the writers of a ticket remember: each message of theirs that
// was acknowledged, as it was.
type ackedMessages struct {
	mu         sync.Mutex
	byClientID map[string]ackedMessage // by client id
}

type ackedMessage struct {
	seq            int
	authorID, body string
}

// record notes an acknowledgement. It is false for a second one that says another seq.
func (m *ackedMessages) record(clientID string, a ackedMessage) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byClientID == nil {
		m.byClientID = map[string]ackedMessage{}
	}
	was, known := m.byClientID[clientID]
	m.byClientID[clientID] = a
	return !known || was == a
}

func (a *ackedMessages) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.byClientID)
}

// row is what of an entry is compared.
type row struct {
	seq                      int
	clientID, authorID, body string
}

// comparison is how far a log and a ledger are apart.
type comparison struct {
	Lost       int // acknowledged, and not there as acknowledged
	Duplicated int // there more than once
	Gaps       int // numbers that nothing has
	Unexpected int // there, and nobody remembers it
}

func (a *comparison) add(b comparison) {
	a.Lost, a.Duplicated, a.Gaps, a.Unexpected = a.Lost+b.Lost, a.Duplicated+b.Duplicated, a.Gaps+b.Gaps, a.Unexpected+b.Unexpected
}

// compare holds a ticket's log against the ledger. Its first entry is the
// ticket's opening.
func (m *ackedMessages) compare(log []row) comparison {
	m.mu.Lock()
	defer m.mu.Unlock()
	log = slices.SortedFunc(slices.Values(log), func(a, b row) int { return cmp.Compare(a.seq, b.seq) })
	var found comparison
	times, matched := map[string]int{}, map[string]bool{}
	last := 0
	for _, r := range log {
		switch {
		case r.seq == last:
			found.Duplicated++
		case r.seq > last+1:
			found.Gaps += r.seq - last - 1
		}
		last = r.seq
		if r.seq == 1 {
			continue
		}
		a, known := m.byClientID[r.clientID]
		times[r.clientID]++
		switch {
		case !known:
			found.Unexpected++
		case times[r.clientID] > 1:
			found.Duplicated++
		}
		if known && a == (ackedMessage{r.seq, r.authorID, r.body}) {
			matched[r.clientID] = true
		}
	}
	found.Lost = len(m.byClientID) - len(matched)
	return found
}

// storedRows are the rows of a log as the table has it.
func storedRows(log ticket.Log) []row {
	rows := make([]row, 0, len(log.Entries))
	for _, e := range log.Entries {
		rows = append(rows, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	return rows
}

// TestComparisonDetectsLoss makes logs that are wrong in one way each.
func TestComparisonDetectsLoss(t *testing.T) {
	var a ackedMessages
	log := storedRows(ticket.Log{Entries: []ticket.Entry{{Seq: 1, Body: "opened", Author: ticket.Author{ID: "u"}}}})
	for seq := 2; seq <= 5; seq++ {
		r := row{seq, fmt.Sprint("c", seq), "u", fmt.Sprint("text ", seq)}
		a.record(r.clientID, ackedMessage{r.seq, r.authorID, r.body})
		log = append(log, r)
	}
	for name, c := range map[string]struct {
		log  []row
		want comparison
	}{
		"all is well":      {log, comparison{}},
		"one is lost":      {log[:4], comparison{Lost: 1}},
		"one is missing":   {slices.Delete(slices.Clone(log), 2, 3), comparison{Lost: 1, Gaps: 1}},
		"one is twice":     {append(slices.Clone(log), row{6, "c3", "u", "text 3"}), comparison{Duplicated: 1}},
		"a slot has two":   {append(slices.Clone(log), log[2]), comparison{Duplicated: 2}},
		"a stranger":       {append(slices.Clone(log), row{6, "x", "u", "?"}), comparison{Unexpected: 1}},
		"another text":     {append(slices.Clone(log[:4]), row{5, "c5", "u", "other"}), comparison{Lost: 1}},
		"in another place": {append(slices.Clone(log[:4]), row{6, "c5", "u", "text 5"}), comparison{Lost: 1, Gaps: 1}},
	} {
		if got := a.compare(c.log); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if a.record("c3", ackedMessage{4, "u", "text 3"}) {
		t.Error("a second acknowledgement with another seq was taken")
	}
}
