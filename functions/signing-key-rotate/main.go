// Command signing-key-rotate replaces the signing key of access tokens: invoked by operators.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/tokens"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.RotateSigningKey(tokens.Keys(a), a.Required("TOKEN_KEY_PARAMETER")))
}
