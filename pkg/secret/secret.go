// Package secret stores secrets in the SSM Parameter Store as SecureStrings.
package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ErrNotFound is returned if there is no secret with the given name.
var ErrNotFound = errors.New("no such secret")

// Store stores secrets by name.
type Store struct{ client *ssm.Client }

// New returns a Store.
func New(config aws.Config) *Store {
	return &Store{client: ssm.NewFromConfig(config)}
}

// Get returns a secret, or ErrNotFound.
func (s *Store) Get(ctx context.Context, name string) (string, error) {
	out, err := s.client.GetParameter(ctx, &ssm.GetParameterInput{
		Name: aws.String(name), WithDecryption: aws.Bool(true),
	})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return "", fmt.Errorf("%w: %s", ErrNotFound, name)
	case err != nil:
		return "", fmt.Errorf("read secret %s: %w", name, err)
	case out.Parameter == nil || out.Parameter.Value == nil:
		return "", fmt.Errorf("read secret %s: answer without a value", name)
	}
	return *out.Parameter.Value, nil
}

// PutIfAbsent stores a secret unless the name exists, and returns the stored
// value. Concurrent calls therefore return the same value.
func (s *Store) PutIfAbsent(ctx context.Context, name, value string) (string, error) {
	_, err := s.client.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String(value), Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(false),
	})
	var exists *types.ParameterAlreadyExists
	switch {
	case errors.As(err, &exists):
		return s.Get(ctx, name)
	case err != nil:
		return "", fmt.Errorf("write secret %s: %w", name, err)
	}
	return value, nil
}

// Delete deletes a secret. A missing one is not an error.
func (s *Store) Delete(ctx context.Context, name string) error {
	_, err := s.client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(name)})
	var missing *types.ParameterNotFound
	if err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("delete secret %s: %w", name, err)
	}
	return nil
}
