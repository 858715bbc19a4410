package worker

import (
	"context"
	"io"

	"github.com/aws/aws-lambda-go/cfn"

	"ticketsystem/pkg/auth"
)

// SecretStore stores the private key.
type SecretStore interface {
	// PutIfAbsent stores a secret unless the name has one, and returns the stored one.
	PutIfAbsent(ctx context.Context, name, value string) (string, error)
	// Delete deletes a secret. It succeeds if there is none.
	Delete(ctx context.Context, name string) error
}

// SigningKeyResource returns the handler of the CloudFormation custom resource for
// the token signing key. Create generates the key, Update returns the stored one and
// Delete deletes it. The private key stays in the secret store, and NoEcho hides the
// attributes.
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

// ensureSigningKey handles a request and returns the attributes of the resource.
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
