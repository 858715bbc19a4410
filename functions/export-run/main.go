// Command export-run makes the files of exports that are too large for a response: the export queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/exports"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.RunExports(exports.Exporter(a), a.Log))
}
