// Command admin-grant makes somebody an administrator: called by operators alone.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/operate"
)

func main() {
	a := app.Open()
	a.Run(operate.GrantAdmin(a.Profiles()))
}
