// Command admin-grant makes a user an administrator: invoked by operators.
package main

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.GrantAdmin(&account.UserAdmin{UserDirectory: a.UserDirectory(), Store: a.Store()})) // the stream revokes old access
}
