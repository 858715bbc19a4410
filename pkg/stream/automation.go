package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
)

// automationTimeLimit is how long one run looks at tickets; the next one goes on.
const automationTimeLimit = 40 * time.Second

// RunAutomation makes the handler of the schedule that moves tickets.
func RunAutomation(automation *ticket.Automation) func(context.Context) (ticket.AutomationResult, error) {
	return func(ctx context.Context) (ticket.AutomationResult, error) {
		return automation.Run(ctx, automation.Tickets.Now().Add(automationTimeLimit))
	}
}
