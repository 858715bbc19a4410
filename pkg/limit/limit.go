// Package limit bounds what one user may do in a period of time.
package limit

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// Rule is the maximum of acts of one kind that a customer may do in a fixed window.
type Rule struct {
	Kind   string // name of the limit in keys and headers
	Max    int
	Window time.Duration
}

// Counter identifies one fixed window of a limit.
type Counter struct {
	Scope  string // name of the limit and its subject
	Window time.Duration
	Start  time.Time
}

// Store counts acts.
type Store interface {
	// AddWithin adds n to a counter in one conditional write, unless the sum would
	// exceed the maximum. A negative n gives back what was added before.
	AddWithin(ctx context.Context, c Counter, n, maximum int) (added bool, err error)
}

// Limiter counts the acts of users.
type Limiter struct {
	Store Store
	// StaffFactor is how many times the maximum of customers staff may do.
	StaffFactor int
	Now         func() time.Time
}

// For returns the rule that applies to a role.
func (l *Limiter) For(rule Rule, role user.Role) Rule {
	if role.IsStaff() {
		rule.Max *= max(l.StaffFactor, 1)
	}
	return rule
}

// Take counts an act before it is done. release takes it back, for a request that
// repeats an earlier one and does nothing. Returns rate_limited if the window is full.
func (l *Limiter) Take(ctx context.Context, rule Rule, actor user.Principal) (release func(context.Context) error, err error) {
	rule = l.For(rule, actor.Role)
	now := l.Now()
	c := Counter{Scope: rule.Kind + "#" + actor.UserID, Window: rule.Window, Start: now.Truncate(rule.Window)}
	added, err := l.Store.AddWithin(ctx, c, 1, rule.Max)
	if err == nil && !added {
		err = rule.Exceeded(c.Start.Add(c.Window).Sub(now))
	}
	return func(ctx context.Context) error {
		_, err := l.Store.AddWithin(ctx, c, -1, rule.Max)
		return err
	}, err
}

// Exceeded returns the error rate_limited of a rule, with the time to wait.
func (r Rule) Exceeded(wait time.Duration) *apperr.Error {
	return apperr.New(apperr.RateLimited, "").WithRetryAfter(max(wait, time.Second)).WithQuota(apperr.Quota{Name: r.Kind, Max: r.Max, Window: r.Window})
}
