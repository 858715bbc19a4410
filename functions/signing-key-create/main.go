// Command signing-key-create creates the token signing key of the stack: a CloudFormation custom resource.
package main

import (
	"crypto/rand"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/secret"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.SigningKeyResource(secret.New(a.AWS("SSM")), rand.Reader))
}
