package account

import (
	"context"
	"encoding/hex"
	"time"

	"ticketsystem/pkg/fault"
)

// counter makes the counter of the current window. Numbers and addresses are
// keyed hashes: the table does not say who tried to come in from where.
func (s *Service) counter(what, who string, window time.Duration) Counter {
	return Counter{Scope: what + "#" + s.hashed("limit", what, who), Window: window, Start: s.Now().Truncate(window)}
}

func (s *Service) hashed(label string, parts ...string) string {
	return hex.EncodeToString(s.Edge.MAC(label, parts...)[:16])
}

// wait is how long until the counter begins anew, at least a second.
func (s *Service) wait(c Counter) time.Duration {
	return max(c.Start.Add(c.Window).Sub(s.Now()), time.Second)
}

// spend counts one more and errors with too_many_requests above the limit.
func (s *Service) spend(ctx context.Context, c Counter, limit int) error {
	n, err := s.Store.Count(ctx, c)
	if err != nil {
		return err
	}
	if n > limit {
		return fault.New(fault.TooManyRequests, "").WithRetryAfter(s.wait(c))
	}
	return nil
}
