// Command push-subscription-create registers a browser or phone for push messages: POST /push/subscriptions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/pushmessages"
)

func main() {
	a := app.New()
	a.Serve(api.CreatePushSubscription(pushmessages.Subscriptions(a)))
}
