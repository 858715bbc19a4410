// Command broadcast-run creates the notifications of broadcasts, page by page: the broadcast queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	runner := &broadcast.Runner{Store: a.Store(), Users: a.Store(), Now: app.Now}
	a.Run(worker.RunBroadcasts(runner, delivery.BroadcastQueue(a), a.Log))
}
