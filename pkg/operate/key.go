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
// same attributes again. The private half never leaves the secret store, and
// CloudFormation shows none of the attributes.
//
// Property: Parameter, the name of the secret. Attributes: PublicKeys, EdgeKey.
func MakeKey(secrets Secrets, random io.Reader) func(context.Context, cfn.Event) error {
	return func(ctx context.Context, event cfn.Event) error {
		name, _ := event.ResourceProperties["Parameter"].(string)
		answer := cfn.NewResponse(&event)
		answer.PhysicalResourceID, answer.NoEcho = name, true
		data, err := makeKey(ctx, event.RequestType, name, secrets, random)
		answer.Status, answer.Data = cfn.StatusSuccess, data
		if err != nil {
			answer.Status, answer.Reason = cfn.StatusFailed, err.Error()
		}
		return answer.Send()
	}
}

func makeKey(ctx context.Context, request cfn.RequestType, name string, secrets Secrets, random io.Reader) (map[string]any, error) {
	if request == cfn.RequestDelete {
		return nil, secrets.Delete(ctx, name)
	}
	fresh, err := auth.NewKey(random)
	if err != nil {
		return nil, err
	}
	kept, err := secrets.PutNew(ctx, name, fresh.Encode())
	if err != nil {
		return nil, err
	}
	key, err := auth.ParsePrivateKey(kept)
	if err != nil {
		return nil, err
	}
	return map[string]any{"PublicKeys": auth.EncodePublicKeys(key), "EdgeKey": key.EdgeKey()}, nil
}
