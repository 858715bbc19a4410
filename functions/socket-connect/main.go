// Command socket-connect authenticates and registers WebSocket connections: $connect.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/ws"
)

func main() {
	a := app.New()
	handler := &ws.ConnectHandler{
		Store: a.Store(), Tokens: a.ConnectTokens(), Authenticator: a.Authenticator(), AllowedOrigins: a.AllowedOrigins(),
		SocketLimiter: a.SocketLimiter(), Log: a.Log, Now: app.Now,
	}
	a.Run(handler.Connect)
}
