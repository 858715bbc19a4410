// Command broadcast-run sends broadcasts out, page by page: the queue of broadcasts.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	runner := &broadcast.Runner{Store: a.Store(), Users: a.Store(), Now: app.Now}
	a.Run(stream.RunBroadcasts(runner, delivery.BroadcastQueue(a), a.Log))
}
