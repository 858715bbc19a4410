// Command notification-read marks notifications as read: POST /notifications/read.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ReadNotifications(h.Table()))
}
