package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
)

// clockTime is how long one run looks at tickets; the next one goes on.
const clockTime = 40 * time.Second

// Time makes the handler of the schedule that moves tickets.
func Time(clock *ticket.Clock) func(context.Context) (ticket.Passed, error) {
	return func(ctx context.Context) (ticket.Passed, error) {
		return clock.Run(ctx, clock.Desk.Now().Add(clockTime))
	}
}
