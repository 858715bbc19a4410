// Command push-subscription-delete ends the push messages to a browser or phone: DELETE /push/subscriptions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/pushmessages"
)

func main() {
	a := app.New()
	a.Serve(api.DeletePushSubscription(pushmessages.Subscriptions(a)))
}
