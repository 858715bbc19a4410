package dynamo

import (
	"testing"

	"ticketsystem/pkg/stats"
)

// TestStatsSlot checks that the key of a slot is parsed back, also the keys of days and quarter
// hours of an agent from before they had a category.
func TestStatsSlot(t *testing.T) {
	const agent, category = "01KA0000000MHERH6VT0C09NBB", "01KA0000000MHERH6VT0C0KEDW"
	for _, slot := range []stats.Slot{
		{AgentID: agent}, {CategoryID: category}, {At: "2026-03-01", CategoryID: category}, {At: "2026-03-01T10:15", CategoryID: category},
		{At: "2026-03-01", CategoryID: category, AgentID: agent}, {At: "2026-03-01T10:15", CategoryID: category, AgentID: agent},
	} {
		for _, generation := range []int{0, 12} {
			k := slotKey(0, generation, slot)
			if got, of, ok := k.statsSlot(); !ok || got != slot || of != generation {
				t.Errorf("%s: got %+v of generation %d, %v", k.SK, got, of, ok)
			}
		}
	}
	for sk, want := range map[string]stats.Slot{"D#2026-03-01#a" + agent: {At: "2026-03-01", AgentID: agent}, "C#2026-03-01T10:15#a" + agent + "#3": {At: "2026-03-01T10:15", AgentID: agent}} {
		if got, _, ok := (key{"STAT", sk}).statsSlot(); !ok || got != want {
			t.Errorf("%s: got %+v, %v", sk, got, ok)
		}
	}
	for _, sk := range []string{"D#2026-03-01", "D#2026-03-01#x1", "~B", "~C#1"} {
		if got, _, ok := (key{"STAT", sk}).statsSlot(); ok {
			t.Errorf("%s: got %+v", sk, got)
		}
	}
}
