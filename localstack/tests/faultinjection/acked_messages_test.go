package faultinjection

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ticketsystem/pkg/ticket"
)

// ackedMessages holds the acknowledged messages of a ticket's writers.
type ackedMessages struct {
	mu         sync.Mutex
	byClientID map[string]ackedMessage
}

type ackedMessage struct {
	seq            int
	authorID, body string
}

// record stores an acknowledgement. It returns false for a second one that differs.
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

func (m *ackedMessages) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.byClientID)
}

// row is the compared part of an entry.
type row struct {
	seq                      int
	clientID, authorID, body string
}

// comparison counts the differences between a log and the acknowledged messages.
type comparison struct {
	Lost       int // acknowledged, but not in the log as acknowledged
	Duplicated int // more than once in the log
	Gaps       int // missing sequence numbers
	Unexpected int // in the log, but not acknowledged
}

func (a *comparison) add(b comparison) {
	a.Lost, a.Duplicated, a.Gaps, a.Unexpected = a.Lost+b.Lost, a.Duplicated+b.Duplicated, a.Gaps+b.Gaps, a.Unexpected+b.Unexpected
}

// compare compares a ticket's log with the acknowledged messages. The first entry of
// the log is the ticket's opening.
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

// storedRows returns the rows of a log in the table.
func storedRows(log ticket.Log) []row {
	rows := make([]row, 0, len(log.Entries))
	for _, e := range log.Entries {
		rows = append(rows, row{e.Seq, e.ClientID, e.Author.ID, e.Body})
	}
	return rows
}

// TestComparisonDetectsLoss compares logs with exactly one defect each.
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
		"no defect":             {log, comparison{}},
		"last entry lost":       {log[:4], comparison{Lost: 1}},
		"middle entry lost":     {slices.Delete(slices.Clone(log), 2, 3), comparison{Lost: 1, Gaps: 1}},
		"message twice":         {append(slices.Clone(log), row{6, "c3", "u", "text 3"}), comparison{Duplicated: 1}},
		"sequence number twice": {append(slices.Clone(log), log[2]), comparison{Duplicated: 2}},
		"unknown message":       {append(slices.Clone(log), row{6, "x", "u", "?"}), comparison{Unexpected: 1}},
		"another text":          {append(slices.Clone(log[:4]), row{5, "c5", "u", "other"}), comparison{Lost: 1}},
		"other sequence number": {append(slices.Clone(log[:4]), row{6, "c5", "u", "text 5"}), comparison{Lost: 1, Gaps: 1}},
	} {
		if got := a.compare(c.log); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if a.record("c3", ackedMessage{4, "u", "text 3"}) {
		t.Error("a second acknowledgement with another sequence number was accepted")
	}
}
