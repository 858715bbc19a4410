// Package operate holds what operators and CloudFormation call: the making of
// the stack's key, and of its first administrator.
package operate

import (
	"context"
	"io"

	"github.com/aws/aws-lambda-go/cfn"

	"ticketsystem/pkg/auth"
)

// Secrets keeps the private key.
type Secrets interface {
	// PutNew writes a secret unless one stands there, and gives the one that does.
	PutNew(ctx context.Context, name, value string) (string, error)
	Delete(ctx context.Context, name string) error
}

// MakeKey makes the handler of the custom resource that holds the token key.
// The key is made once and lives as long as the resource: an update gives the
// same attributes again. The private half never leaves the secret store.
//
// Property: Parameter, the name of the secret. Attributes: PublicKeys, EdgeKey.
func MakeKey(secrets Secrets, random io.Reader) cfn.CustomResourceLambdaFunction {
	return cfn.LambdaWrap(func(ctx context.Context, event cfn.Event) (string, map[string]any, error) {
		name, _ := event.ResourceProperties["Parameter"].(string)
		if event.RequestType == cfn.RequestDelete {
			return name, nil, secrets.Delete(ctx, name)
		}
		fresh, err := auth.NewKey(random)
		if err != nil {
			return name, nil, err
		}
		kept, err := secrets.PutNew(ctx, name, fresh.Encode())
		if err != nil {
			return name, nil, err
		}
		key, err := auth.ParsePrivateKey(kept)
		if err != nil {
			return name, nil, err
		}
		return name, map[string]any{"PublicKeys": auth.EncodePublicKeys(key), "EdgeKey": key.EdgeKey()}, nil
	})
}
