// Command socket-connect lets sockets in: $connect.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.Open()
	handler := &api.ConnectHandler{Tokens: a.ConnectTokens(), Authenticator: a.Authenticator(), AllowedOrigins: a.AllowedOrigins(), Log: a.Log}
	a.Run(handler.Connect)
}
