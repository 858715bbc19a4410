package worker

import (
	"context"

	"github.com/aws/aws-lambda-go/cfn"

	"ticketsystem/pkg/account"
)

// SigningKeyResource returns the handler of the CloudFormation custom resource for the keys.
// Create generates them, Update publishes the stored ones and Delete deletes them. Private
// keys stay in the secret store, and NoEcho hides the attribute.
//
// Properties: TokenKey and AppKey, the names of the secrets; Table, because a new table needs
// the public keys. Attribute: PublicKeys.
func SigningKeyResource(keys *account.SigningKeys) func(context.Context, cfn.Event) error {
	return func(ctx context.Context, event cfn.Event) error {
		tokenKey, _ := event.ResourceProperties["TokenKey"].(string)
		appKey, _ := event.ResourceProperties["AppKey"].(string)
		response := cfn.NewResponse(&event)
		response.PhysicalResourceID, response.NoEcho, response.Status = tokenKey, true, cfn.StatusSuccess
		var err error
		if event.RequestType == cfn.RequestDelete {
			if err = keys.Secrets.Delete(ctx, tokenKey); err == nil {
				err = keys.Secrets.Delete(ctx, appKey)
			}
		} else {
			public, failed := keys.Ensure(ctx, tokenKey, appKey)
			response.Data, err = map[string]any{"PublicKeys": public.Encode()}, failed
		}
		if err != nil {
			response.Status, response.Reason = cfn.StatusFailed, err.Error()
		}
		return response.Send()
	}
}

// KeyRotation is the event of RotateSigningKey.
type KeyRotation struct {
	Retire bool `json:"retire"` // end the old key now instead
}

// RotateSigningKey returns the handler with which an operator replaces the signing key.
func RotateSigningKey(keys *account.SigningKeys, tokenKey string) func(context.Context, KeyRotation) (account.KeyReport, error) {
	return func(ctx context.Context, event KeyRotation) (account.KeyReport, error) {
		if event.Retire {
			return keys.Retire(ctx, tokenKey)
		}
		return keys.Rotate(ctx, tokenKey)
	}
}
