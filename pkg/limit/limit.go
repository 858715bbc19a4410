// Package limit bounds what one user may do in a period of time.
package limit

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// Rule is the maximum of operations of one kind that a customer may do in a fixed window.
type Rule struct {
	Name   string // name of the limit in keys and headers
	Max    int
	Window time.Duration
}

// Exceeded returns the error rate_limited of a rule, with the time to wait.
func (r Rule) Exceeded(wait time.Duration) *apperr.Error {
	return apperr.New(apperr.RateLimited, "").WithRetryAfter(max(wait, time.Second)).WithQuota(apperr.Quota{Name: r.Name, Max: r.Max, Window: r.Window})
}

// forRole returns the rule for a role: staff may do factor times as much as customers.
func (r Rule) forRole(role user.Role, factor int) Rule {
	if role.IsStaff() {
		r.Max *= max(factor, 1)
	}
	return r
}

// Counter identifies one fixed window of a limit.
type Counter struct {
	Scope  string // name of the limit and its subject
	Window time.Duration
	Start  time.Time
}

// Store counts operations.
type Store interface {
	// AddWithin adds n to a counter in one conditional write, unless the sum would
	// exceed the maximum. A negative n gives back what was added before.
	AddWithin(ctx context.Context, c Counter, n, maximum int) (added bool, err error)
}

// Limiter counts the operations of users before they are done. A nil Limiter permits all.
type Limiter struct {
	Rule        Rule // for customers
	StaffFactor int  // how many times as much staff may do
	Store       Store
	Now         func() time.Time
}

// Take counts n operations before they are done. release takes them back, for a request that
// repeats an earlier one and does nothing. It fails with rate_limited if the window is full.
func (l *Limiter) Take(ctx context.Context, actor user.Principal, n int) (release func(context.Context) error, err error) {
	if l == nil {
		return func(context.Context) error { return nil }, nil
	}
	rule := l.Rule.forRole(actor.Role, l.StaffFactor)
	now := l.Now()
	c := Counter{Scope: rule.Name + "#" + actor.UserID, Window: rule.Window, Start: now.Truncate(rule.Window)}
	added, err := l.Store.AddWithin(ctx, c, n, rule.Max)
	if err == nil && !added {
		err = rule.Exceeded(c.Start.Add(c.Window).Sub(now))
	}
	return func(ctx context.Context) error {
		_, err := l.Store.AddWithin(ctx, c, -n, rule.Max)
		return err
	}, err
}
