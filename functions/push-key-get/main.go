// Command push-key-get returns the public key that browsers subscribe with: GET /push/key.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/webpush"
)

func main() {
	a := app.New()
	a.Serve(api.GetPushKey(webpush.PublicKey(a.Key().PushKey())))
}
