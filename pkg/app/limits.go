package app

import (
	"time"

	"ticketsystem/pkg/limit"
)

// Limiter returns the limiter of operations in a window. A variable contains the maximum for
// customers, STAFF_LIMIT_FACTOR how many times as much staff may do (default 5).
func (a *App) Limiter(kind, variable string, fallback int, window time.Duration) *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: kind, Max: a.Int(variable, fallback), Window: window}, StaffFactor: a.staffFactor(), Store: a.Store(), Now: Now}
}

func (a *App) staffFactor() int { return a.Int("STAFF_LIMIT_FACTOR", 5) }

// EntryLimits returns the service that blocks users who write too many messages, from
// MESSAGES_PER_MINUTE (default 60) and MESSAGES_PER_DAY (default 1,000).
func (a *App) EntryLimits() *limit.EntryLimits {
	return &limit.EntryLimits{
		PerMinute: a.Int("MESSAGES_PER_MINUTE", 60), PerDay: a.Int("MESSAGES_PER_DAY", 1000), StaffFactor: a.staffFactor(), Store: a.Store(), Now: Now,
	}
}

// SocketLimiter returns the limiter of sockets that a user opens in a minute: three times
// as many as may be open.
func (a *App) SocketLimiter() *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: "sockets", Max: 3 * a.MaxSockets(), Window: time.Minute}, Store: a.Store(), Now: Now}
}

// SubscriptionLimiter returns the limiter of the subscriptions of a user in a minute: twelve times as
// many as sockets may be open.
func (a *App) SubscriptionLimiter() *limit.Limiter {
	return &limit.Limiter{Rule: limit.Rule{Name: "subscriptions", Max: 12 * a.MaxSockets(), Window: time.Minute}, Store: a.Store(), Now: Now}
}

// MaxSockets returns how many sockets a user may have open, from MAX_SOCKETS.
func (a *App) MaxSockets() int { return a.Int("MAX_SOCKETS", 10) }

// MaxSessions returns how many sessions a user may have, from MAX_SESSIONS.
func (a *App) MaxSessions() int { return a.Int("MAX_SESSIONS", 50) }
