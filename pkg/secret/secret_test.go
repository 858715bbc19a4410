package secret_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/secret"
)

// newTestStore returns a Store of a fake SSM with the given parameters.
func newTestStore(t *testing.T, values map[string]string) *secret.Store {
	t.Helper()
	server := awstest.New(t, func(call awstest.Request) awstest.Response {
		var in struct {
			Name, Value, Type         string
			WithDecryption, Overwrite bool
		}
		if err := json.Unmarshal([]byte(call.Body), &in); err != nil {
			t.Error(err)
		}
		old, exists := values[in.Name]
		action := strings.TrimPrefix(call.Header.Get("X-Amz-Target"), "AmazonSSM.")
		switch {
		case action == "PutParameter" && (in.Type != "SecureString" || in.Overwrite):
			t.Errorf("put %+v: want a SecureString without Overwrite", in)
		case action == "GetParameter" && !in.WithDecryption:
			t.Error("read without decryption")
		}
		switch {
		case action == "PutParameter" && exists:
			return awstest.Response{Status: 400, Body: `{"__type":"ParameterAlreadyExists"}`}
		case action != "PutParameter" && !exists:
			return awstest.Response{Status: 400, Body: `{"__type":"ParameterNotFound"}`}
		case action == "PutParameter":
			values[in.Name] = in.Value
		case action == "DeleteParameter":
			delete(values, in.Name)
		}
		return awstest.Response{Status: 200, Body: `{"Parameter":{"Value":"` + old + `"}}`}
	})
	return secret.New(server.Config)
}

func TestStore_RoundTrip(t *testing.T) {
	ctx := context.Background()
	secrets := newTestStore(t, map[string]string{})
	if _, err := secrets.Get(ctx, "/key"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("before Put: got %v, want ErrNotFound", err)
	}
	for _, value := range []string{"first", "second"} {
		if got, err := secrets.PutIfAbsent(ctx, "/key", value); got != "first" || err != nil {
			t.Errorf("PutIfAbsent(%q): got %q, %v, want the first value", value, got, err)
		}
	}
	if got, err := secrets.Get(ctx, "/key"); got != "first" || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, "first")
	}
	for range 2 {
		if err := secrets.Delete(ctx, "/key"); err != nil {
			t.Error(err)
		}
	}
	if _, err := secrets.Get(ctx, "/key"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("after Delete: got %v, want ErrNotFound", err)
	}
}

func TestStore_Errors(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 400, Body: `{"__type":"AccessDeniedException"}`}
	})
	secrets := secret.New(server.Config)
	ctx := context.Background()
	if _, err := secrets.Get(ctx, "/key"); err == nil || errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get: got %v", err)
	}
	if _, err := secrets.PutIfAbsent(ctx, "/key", "geheim"); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("PutIfAbsent: got %v", err)
	}
	if err := secrets.Delete(ctx, "/key"); err == nil {
		t.Error("Delete: no error")
	}
}
