// Command signing-key-create creates the signing key and the application key of the stack: a
// CloudFormation custom resource.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/tokens"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.SigningKeyResource(tokens.Keys(a)))
}
