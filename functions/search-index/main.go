// Command search-index updates the search index: the index queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.UpdateSearchIndex(a.Store(), a.Log))
}
