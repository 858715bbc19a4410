// Command notification-list lists the user's notifications: GET /notifications.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListNotifications(a.Store()))
}
