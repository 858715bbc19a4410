// Command key-make makes the stack's token key: a CloudFormation custom resource.
package main

import (
	"crypto/rand"

	"ticketsystem/pkg/operate"
	"ticketsystem/pkg/secret"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(operate.MakeKey(secret.New(h.AWS("SSM")), rand.Reader))
}
