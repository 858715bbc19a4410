// Package operate holds what operators and CloudFormation call: the making of
// the stack's key, and of its first administrator.
package operate

import (
	"context"
	"io"

	"github.com/aws/aws-lambda-go/cfn"

	"ticketsystem/pkg/auth"
)

// SecretStore keeps the private key.
type SecretStore interface {
	// PutIfAbsent writes a secret unless one stands there, and gives the one that does.
	PutIfAbsent(ctx context.Context, name, value string) (string, error)
	Delete(ctx context.Context, name string) error
}

// SigningKeyResource makes the handler of the custom resource that holds the token key.
// The key is made once and lives as long as the resource: an update gives the
// same attributes again. The private half never leaves the secret store, and
// CloudFormation shows none of the attributes.
//
// Property: Parameter, the name of the secret. Attributes: PublicKeys, AppKey.
func SigningKeyResource(secrets SecretStore, random io.Reader) func(context.Context, cfn.Event) error {
	return func(ctx context.Context, event cfn.Event) error {
		name, _ := event.ResourceProperties["Parameter"].(string)
		response := cfn.NewResponse(&event)
		response.PhysicalResourceID, response.NoEcho = name, true
		data, err := ensureSigningKey(ctx, event.RequestType, name, secrets, random)
		response.Status, response.Data = cfn.StatusSuccess, data
		if err != nil {
			response.Status, response.Reason = cfn.StatusFailed, err.Error()
		}
		return response.Send()
	}
}

func ensureSigningKey(ctx context.Context, request cfn.RequestType, name string, secrets SecretStore, random io.Reader) (map[string]any, error) {
	if request == cfn.RequestDelete {
		return nil, secrets.Delete(ctx, name)
	}
	generated, err := auth.GeneratePrivateKey(random)
	if err != nil {
		return nil, err
	}
	stored, err := secrets.PutIfAbsent(ctx, name, generated.Encode())
	if err != nil {
		return nil, err
	}
	key, err := auth.ParsePrivateKey(stored)
	if err != nil {
		return nil, err
	}
	return map[string]any{"PublicKeys": auth.EncodePublicKeys(key), "AppKey": key.DeriveSecretKey()}, nil
}
