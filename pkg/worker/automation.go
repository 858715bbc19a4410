package worker

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
)

// automationTimeLimit limits one run. The next scheduled run continues.
const automationTimeLimit = 40 * time.Second

// RunAutomation returns a handler that applies the time-based ticket automation.
func RunAutomation(automation *ticket.Automation) func(context.Context) (ticket.AutomationResult, error) {
	return func(ctx context.Context) (ticket.AutomationResult, error) {
		return automation.Run(ctx, automation.Tickets.Now().Add(automationTimeLimit))
	}
}
