// Package websocket builds the services that use the WebSocket management API.
package websocket

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/connections"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ws"
)

// Publisher returns the publisher of WebSocket frames, from SOCKET_ENDPOINT.
func Publisher(a *app.App) *ws.Publisher {
	pusher := connections.New(a.AWS("APIGATEWAYMANAGEMENTAPI"), a.Required("SOCKET_ENDPOINT"))
	return &ws.Publisher{Hub: &realtime.Hub{Store: a.Store(), Pusher: pusher, Now: app.Now}, Revocations: a.Revocations(), ReopenWindow: a.ReopenWindow(), Log: a.Log}
}

// UserAdmin returns the service that changes and deletes users.
func UserAdmin(a *app.App) *account.UserAdmin {
	return &account.UserAdmin{UserDirectory: a.UserDirectory(), Store: a.Store(), Revoker: AccessRevoker(a)}
}

// AccessRevoker returns the service that revokes tokens, sessions and sockets.
func AccessRevoker(a *app.App) *account.AccessRevoker {
	return &account.AccessRevoker{Sessions: a.Store(), Sockets: Disconnector(a), Now: app.Now}
}

// Disconnector returns the service that closes sockets, from SOCKET_ENDPOINT.
func Disconnector(a *app.App) *realtime.Disconnector {
	return &realtime.Disconnector{Store: a.Store(), Closer: connections.New(a.AWS("APIGATEWAYMANAGEMENTAPI"), a.Required("SOCKET_ENDPOINT"))}
}

// Handler returns the handler of WebSocket routes.
func Handler(a *app.App) *ws.Handler {
	publisher := Publisher(a)
	return &ws.Handler{Store: a.Store(), Revocations: a.Revocations(), Hub: publisher.Hub, Publisher: publisher, Typists: &ws.Typists{Store: a.Store(), Now: app.Now}, Log: a.Log, Requests: a.RequestLog(), Now: app.Now}
}
