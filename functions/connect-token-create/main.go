// Command connect-token-create issues a connect token for the WebSocket API: POST /realtime/tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CreateConnectToken(a.ConnectTokens(), a.Required("SOCKET_URL")))
}
