// Command projection-replay rebuilds projections from the ticket logs: invoked by operators.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	store := a.Store()
	replay := &worker.Replay{Store: store, Index: delivery.SearchIndex(a), Tickets: a.Tickets(), Stats: &stats.Aggregator{Store: store}, Policy: a.AutomationPolicy(), Log: a.Log}
	a.Run(replay.Handler())
}
