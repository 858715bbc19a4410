// Package sockets wires what reaches open sockets.
package sockets

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/push"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/wiring"
)

// News tells open sockets what happens, through SOCKET_ENDPOINT.
func News(h *wiring.House) *api.News {
	pusher := push.New(h.AWS("APIGATEWAYMANAGEMENTAPI"), h.Need("SOCKET_ENDPOINT"))
	return &api.News{Hub: &realtime.Hub{Store: h.Table(), Pusher: pusher, Now: wiring.Now}, Log: h.Log}
}

// Registry is the book of people for functions that change their rights.
func Registry(h *wiring.House) *account.Registry {
	people := h.Registry()
	people.Keeper = Keeper(h)
	return people
}

// Keeper shuts people out.
func Keeper(h *wiring.House) *account.Keeper {
	return &account.Keeper{Sessions: h.Table(), Sockets: Exit(h), Now: wiring.Now}
}

// Exit closes sockets, through SOCKET_ENDPOINT.
func Exit(h *wiring.House) *realtime.Exit {
	return &realtime.Exit{Store: h.Table(), Closer: push.New(h.AWS("APIGATEWAYMANAGEMENTAPI"), h.Need("SOCKET_ENDPOINT"))}
}

// Socket runs routes of the WebSocket API.
func Socket(h *wiring.House) *api.Socket {
	news := News(h)
	return &api.Socket{Store: h.Table(), Revocations: h.Revocations(), Hub: news.Hub, News: news, Log: h.Log, Now: wiring.Now}
}
