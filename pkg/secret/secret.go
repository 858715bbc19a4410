// Package secret keeps secrets in the SSM Parameter Store as SecureStrings.
package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ErrNotFound: there is no secret of that name.
var ErrNotFound = errors.New("no such secret")

// Store reads and writes secrets by name.
type Store struct{ ssm *caller }

// New makes a Store.
func New(config aws.Config) *Store { return &Store{ssm: newCaller(config)} }

// Get reads a secret. Error: ErrNotFound.
func (s *Store) Get(ctx context.Context, name string) (string, error) {
	in := struct {
		Name           string
		WithDecryption bool
	}{name, true}
	var out struct {
		Parameter struct{ Value *string }
	}
	err := s.ssm.call(ctx, "GetParameter", in, &out)
	switch {
	case refused(err, "ParameterNotFound"):
		return "", fmt.Errorf("%w: %s", ErrNotFound, name)
	case err != nil:
		return "", fmt.Errorf("read secret %s: %w", name, err)
	case out.Parameter.Value == nil:
		return "", fmt.Errorf("read secret %s: answer without a value", name)
	}
	return *out.Parameter.Value, nil
}

// PutNew writes a secret unless one of that name is there, and gives the one
// that stands afterwards: of two that write at once both get the same.
func (s *Store) PutNew(ctx context.Context, name, value string) (string, error) {
	in := struct {
		Name, Value, Type string
		Overwrite         bool
	}{name, value, "SecureString", false}
	err := s.ssm.call(ctx, "PutParameter", in, &struct{}{})
	switch {
	case refused(err, "ParameterAlreadyExists"):
		return s.Get(ctx, name)
	case err != nil:
		return "", fmt.Errorf("write secret %s: %w", name, err)
	}
	return value, nil
}

// Delete forgets a secret. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	err := s.ssm.call(ctx, "DeleteParameter", struct{ Name string }{name}, &struct{}{})
	if err != nil && !refused(err, "ParameterNotFound") {
		return fmt.Errorf("delete secret %s: %w", name, err)
	}
	return nil
}
