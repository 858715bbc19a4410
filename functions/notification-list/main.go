// Command notification-list lists one's notifications: GET /notifications.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListNotifications(h.Table()))
}
