// Package secret keeps secrets in the SSM Parameter Store as SecureStrings.
package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ErrNotFound: there is no secret of that name.
var ErrNotFound = errors.New("no such secret")

// Store reads and writes secrets by name.
type Store struct{ client *ssm.Client }

// New makes a Store.
func New(config aws.Config) *Store {
	return &Store{client: ssm.NewFromConfig(config)}
}

// Get reads a secret. Error: ErrNotFound.
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

// PutIfAbsent writes a secret unless one of that name is there, and gives the one
// that stands afterwards: of two that write at once both get the same.
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

// Delete forgets a secret. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	_, err := s.client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(name)})
	var missing *types.ParameterNotFound
	if err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("delete secret %s: %w", name, err)
	}
	return nil
}
