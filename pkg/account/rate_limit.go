package account

import (
	"context"
	"encoding/hex"
	"net/netip"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
)

// rateWindow is the window of the rate limits of this package, but the daily ones.
const rateWindow = 10 * time.Minute

// The scopes of the counters, each with its subject and window. A client is a device or network.
const (
	scopeCodeRequests     = "code-address"  // requests for codes: client, rateWindow
	scopeCodesOfClient    = "code-client"   // codes: purpose, client and recipient, a day
	scopeCodesToNumber    = "code-number"   // codes of all clients: purpose and recipient, a day
	scopeCodeSent         = "code-sent"     // SMS of one code, 1 at most: code
	scopeCodesToCountry   = "code-country"  // SMS that were not used: foreign country, a day
	scopeCodesPerDay      = "code-day"      // SMS of the stack, a day
	scopeCodesPerWindow   = "code-all"      // SMS of the stack, rateWindow
	scopeWrongCodes       = "code-wrong"    // wrong and locked codes: client, rateWindow
	scopeUnboundAttempts  = "code-attempts" // attempts without a challenge: code and client, a day
	scopeFailedLogins     = "login-address" // wrong passwords: client, rateWindow
	scopePasswordAttempts = "login-number"  // attempts of all clients: phone number, rateWindow
	scopeDeviceAttempts   = "login-device"  // attempts: device, rateWindow
)

// CounterStore counts requests and failures.
type CounterStore interface {
	// AddToCounter adds n to a rate counter and returns the new value.
	AddToCounter(ctx context.Context, counter limit.Counter, n int) (int, error)

	// AddWithin adds n to a rate counter, unless the sum would exceed the maximum.
	AddWithin(ctx context.Context, counter limit.Counter, n, maximum int) (added bool, err error)
}

// RateLimiter counts what clients do before they are signed in.
type RateLimiter struct {
	CounterStore
	Key auth.SecretKey
	// PerClient bounds requests for codes, wrong codes and failed logins, each per client and
	// rateWindow. Mobile operators put many users behind one address.
	PerClient int
	Now       func() time.Time
}

// counter returns the counter of the current window. Its subject is stored as keyed hash only,
// because it has phone numbers and IP addresses.
func (l *RateLimiter) counter(scope, subject string, window time.Duration) limit.Counter {
	return limit.Counter{Scope: scope + "#" + keyedHash(l.Key, "limit", scope, subject), Window: window, Start: l.Now().Truncate(window)}
}

// pool returns the counter of a subject that all clients share. The devices that a user has
// signed in on share one of their own, so that those of a number's former owner take nothing from
// those of the present one.
func (l *RateLimiter) pool(c client, scope, subject string, window time.Duration) limit.Counter {
	if c.userID == "" {
		return l.counter(scope, subject, window)
	}
	return l.counter(scope+"-devices", c.userID+" "+subject, window)
}

// retryAfter returns the time until the counter's window ends, at least a second.
func (l *RateLimiter) retryAfter(counter limit.Counter) time.Duration {
	return max(counter.Start.Add(counter.Window).Sub(l.Now()), time.Second)
}

// countFailure counts a failure of a client, and remembers a counter that is full.
func (l *RateLimiter) countFailure(ctx context.Context, full *FullCounters, counter limit.Counter) error {
	n, err := l.AddToCounter(ctx, counter, 1)
	if err == nil && n >= l.PerClient {
		full.add(counter)
	}
	return err
}

// consume increments a counter. It fails with too_many_requests above the limit.
func (l *RateLimiter) consume(ctx context.Context, counter limit.Counter, limit int) error {
	n, err := l.AddToCounter(ctx, counter, 1)
	if err != nil {
		return err
	}
	if n > limit {
		return apperr.New(apperr.TooManyRequests, "").WithRetryAfter(l.retryAfter(counter))
	}
	return nil
}

// keyedHash returns 128 bits of a MAC in hexadecimal.
func keyedHash(key auth.SecretKey, label string, parts ...string) string {
	return hex.EncodeToString(key.MAC(label, parts...)[:16])
}

// NetworkOf returns what an IP address is counted as: the /64 network of an IPv6 address,
// because one client has all addresses of it, and any other text unchanged.
func NetworkOf(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil || !address.Is6() || address.Is4In6() {
		return ip
	}
	network, err := address.Prefix(64)
	if err != nil {
		return ip
	}
	return network.String()
}
