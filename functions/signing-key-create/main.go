// Command signing-key-create makes the stack's token key: a CloudFormation custom resource.
package main

import (
	"crypto/rand"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/operate"
	"ticketsystem/pkg/secret"
)

func main() {
	a := app.Open()
	a.Run(operate.SigningKeyResource(secret.New(a.AWS("SSM")), rand.Reader))
}
