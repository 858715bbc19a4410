package limit_test

import (
	"testing"
	"time"

	"ticketsystem/pkg/limit"
)

// TestWindowCounts checks that counts are of one window and bounded in number.
func TestWindowCounts(t *testing.T) {
	var counts limit.WindowCounts[string]
	first := time.Unix(0, 0)
	second := first.Add(time.Minute)
	if counts.Has(first, "a") {
		t.Error("got a key before the first was counted")
	}
	for want := 1; want <= 3; want++ {
		if got := counts.Add(first, "a", 1, 0); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	if !counts.Has(first.UTC(), "a") || counts.Has(first, "b") || counts.Has(second, "a") {
		t.Error("want key a in the first window only")
	}
	if got := counts.Add(second, "b", 1, 2); got != 1 || counts.Has(first, "a") || counts.Has(second, "a") {
		t.Errorf("another window: got %d, want 1 and the first window dropped", got)
	}
	counts.Add(second, "c", 1, 2)
	if got := counts.Add(second, "b", 1, 2); got != 1 || counts.Has(second, "c") {
		t.Errorf("with two keys already: got %d, want 1 and the others dropped", got)
	}
}
