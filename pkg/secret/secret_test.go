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
		case action == "PutParameter" && in.Type != "SecureString":
			t.Errorf("put %+v: want a SecureString", in)
		case action == "GetParameter" && !in.WithDecryption:
			t.Error("read without decryption")
		}
		switch {
		case action == "PutParameter" && exists && !in.Overwrite:
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
	if err := secrets.Replace(ctx, "/key", "third"); err != nil {
		t.Error(err)
	}
	if got, err := secrets.Get(ctx, "/key"); got != "third" || err != nil {
		t.Errorf("after Replace: got %q, %v", got, err)
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

// TestStore_Repeats checks which failures are repeated, and that the call is signed for SSM.
func TestStore_Repeats(t *testing.T) {
	for _, c := range []struct {
		failure awstest.Response
		calls   int
	}{
		{awstest.Response{Status: 503, Body: "unavailable"}, 3},
		{awstest.Response{Status: 400, Body: `{"__type":"ThrottlingException"}`}, 3},
		{awstest.Response{Status: 400, Body: `{"__type":"com.amazonaws.ssm#AccessDeniedException"}`}, 1},
	} {
		calls := 0
		server := awstest.New(t, func(call awstest.Request) awstest.Response {
			if calls++; calls < 3 {
				return c.failure
			}
			if got := call.Header.Get("Authorization"); !strings.Contains(got, "/ssm/aws4_request") {
				t.Errorf("signed as %q", got)
			}
			return awstest.Response{Status: 200, Body: `{"Parameter":{"Value":"v"}}`}
		})
		got, err := secret.New(server.Config).Get(context.Background(), "/key")
		if calls != c.calls || (err == nil) != (c.calls == 3) || err == nil && got != "v" {
			t.Errorf("%s: got %q, %v after %d calls, want %d", c.failure.Body, got, err, calls, c.calls)
		}
	}
}
