// Package sockets wires what reaches open sockets.
package websocket

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/push"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ws"
)

// Publisher tells open sockets what happens, through SOCKET_ENDPOINT.
func Publisher(a *app.App) *ws.Publisher {
	pusher := push.New(a.AWS("APIGATEWAYMANAGEMENTAPI"), a.Required("SOCKET_ENDPOINT"))
	return &ws.Publisher{Hub: &realtime.Hub{Store: a.Store(), Pusher: pusher, Now: app.Now}, Log: a.Log}
}

// UserAdmin is the book of people for functions that change their rights.
func UserAdmin(a *app.App) *account.UserAdmin {
	admin := a.UserAdmin()
	admin.Revoker = AccessRevoker(a)
	return admin
}

// AccessRevoker shuts people out.
func AccessRevoker(a *app.App) *account.AccessRevoker {
	return &account.AccessRevoker{Sessions: a.Store(), Sockets: Disconnector(a), Now: app.Now}
}

// Disconnector closes sockets, through SOCKET_ENDPOINT.
func Disconnector(a *app.App) *realtime.Disconnector {
	return &realtime.Disconnector{Store: a.Store(), Closer: push.New(a.AWS("APIGATEWAYMANAGEMENTAPI"), a.Required("SOCKET_ENDPOINT"))}
}

// Handler runs routes of the WebSocket API.
func Handler(a *app.App) *ws.Handler {
	publisher := Publisher(a)
	return &ws.Handler{Store: a.Store(), Revocations: a.Revocations(), Hub: publisher.Hub, Publisher: publisher, Log: a.Log, Now: app.Now}
}
