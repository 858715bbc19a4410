// Command admin-grant makes somebody an administrator: called by operators alone.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.GrantAdmin(a.Profiles()))
}
