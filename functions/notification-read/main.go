// Command notification-read marks notifications as read: POST /notifications/read.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.MarkNotificationsRead(a.Store()))
}
