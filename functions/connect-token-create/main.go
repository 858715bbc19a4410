// Command connect-token-create makes a pass for a socket: POST /realtime/tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CreateConnectToken(a.ConnectTokens(), a.Required("SOCKET_URL")))
}
