package limit_test

import (
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/user"
)

// TestTake_Window checks that each user has a window of their own, that staff may do
// more, and that a repeat can be taken back.
func TestTake_Window(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 20, 0, time.UTC)
	clock := func() time.Time { return now }
	limiter := limit.Limiter{Rule: limit.Rule{Name: "tickets", Max: 3, Window: time.Minute}, StaffFactor: 2, Store: memstore.New(clock), Now: clock}
	take := func(actor user.Principal, maximum int) int {
		for n := 0; ; n++ {
			if _, err := limiter.Take(t.Context(), actor, 1); err != nil {
				got := apperr.From(err)
				if got.Code != apperr.RateLimited || got.RetryAfter != 40*time.Second || got.Quota.Max != maximum {
					t.Errorf("got %+v", got)
				}
				return n
			}
		}
	}
	customer := user.Principal{UserID: "A", Role: user.RoleUser}
	if got := take(customer, 3); got != 3 {
		t.Errorf("customer: got %d, want 3", got)
	}
	if got := take(user.Principal{UserID: "B", Role: user.RoleSupport}, 6); got != 6 {
		t.Errorf("agent: got %d, want 6", got)
	}
	now = now.Add(40 * time.Second)
	release, err := limiter.Take(t.Context(), customer, 1)
	if err != nil || release(t.Context()) != nil {
		t.Fatalf("next window: %v", err)
	}
	now = now.Add(20 * time.Second)
	limiter.Now = func() time.Time { return now.Add(-20 * time.Second) }
	for range 3 {
		if _, err := limiter.Take(t.Context(), customer, 1); err != nil {
			t.Errorf("after a repeat that was taken back: %v", err)
		}
	}
}
