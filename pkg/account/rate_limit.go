package account

import (
	"context"
	"encoding/hex"
	"net/netip"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
)

// rateWindow is the window of the rate limits of this package, but the daily ones.
const rateWindow = 10 * time.Minute

// RateLimits are the configurable rate limits.
type RateLimits struct {
	// PerIP bounds codes, and failed logins, per IP address and rateWindow. Mobile
	// operators put many users behind one address.
	PerIP int
}

// rateCounter returns the counter of the current window. Phone numbers and IP
// addresses are stored as keyed hashes only.
func (o *OTP) rateCounter(scope, subject string, window time.Duration) limit.Counter {
	return limit.Counter{Scope: scope + "#" + o.keyedHash("limit", scope, subject), Window: window, Start: o.Now().Truncate(window)}
}

// keyedHash returns 128 bits of a MAC in hexadecimal.
func (o *OTP) keyedHash(label string, parts ...string) string {
	return hex.EncodeToString(o.Key.MAC(label, parts...)[:16])
}

// retryAfter returns the time until the counter's window ends, at least a second.
func (o *OTP) retryAfter(counter limit.Counter) time.Duration {
	return max(counter.Start.Add(counter.Window).Sub(o.Now()), time.Second)
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

// countFailure counts a failure of a client, and remembers a counter that is full.
func (o *OTP) countFailure(ctx context.Context, full *FullCounters, counter limit.Counter) error {
	n, err := o.Store.AddToCounter(ctx, counter, 1)
	if err == nil && n >= o.Limits.PerIP {
		full.add(counter)
	}
	return err
}

// consume increments a counter. It fails with too_many_requests above the limit.
func (o *OTP) consume(ctx context.Context, counter limit.Counter, limit int) error {
	n, err := o.Store.AddToCounter(ctx, counter, 1)
	if err != nil {
		return err
	}
	if n > limit {
		return apperr.New(apperr.TooManyRequests, "").WithRetryAfter(o.retryAfter(counter))
	}
	return nil
}
