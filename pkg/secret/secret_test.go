package secret_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/secret"
)

// store answers like SSM for the parameters in values.
func store(t *testing.T, values map[string]string) *secret.Store {
	t.Helper()
	server := awstest.New(t, func(call awstest.Request) awstest.Answer {
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
			t.Errorf("put %+v: want a SecureString that overwrites nothing", in)
		case action == "GetParameter" && !in.WithDecryption:
			t.Error("read without decryption")
		}
		switch {
		case action == "PutParameter" && exists:
			return awstest.Answer{Status: 400, Body: `{"__type":"ParameterAlreadyExists"}`}
		case action != "PutParameter" && !exists:
			return awstest.Answer{Status: 400, Body: `{"__type":"ParameterNotFound"}`}
		case action == "PutParameter":
			values[in.Name] = in.Value
		case action == "DeleteParameter":
			delete(values, in.Name)
		}
		return awstest.Answer{Status: 200, Body: `{"Parameter":{"Value":"` + old + `"}}`}
	})
	return secret.New(server.Config)
}

func TestSecretLives(t *testing.T) {
	ctx := context.Background()
	secrets := store(t, map[string]string{})
	if _, err := secrets.Get(ctx, "/key"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("before: got %v, want ErrNotFound", err)
	}
	for _, value := range []string{"first", "second"} {
		if got, err := secrets.PutNew(ctx, "/key", value); got != "first" || err != nil {
			t.Errorf("PutNew(%q): got %q, %v, want the first to stand", value, got, err)
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
		t.Errorf("after: got %v, want ErrNotFound", err)
	}
}

func TestSecretFailures(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Answer {
		return awstest.Answer{Status: 400, Body: `{"__type":"AccessDeniedException"}`}
	})
	secrets := secret.New(server.Config)
	ctx := context.Background()
	if _, err := secrets.Get(ctx, "/key"); err == nil || errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get: got %v", err)
	}
	if _, err := secrets.PutNew(ctx, "/key", "geheim"); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("PutNew: got %v", err)
	}
	if err := secrets.Delete(ctx, "/key"); err == nil {
		t.Error("Delete: no error")
	}
}

// TestSecretWaitsOutAFailure: what may pass is tried again, each try signed.
func TestSecretWaitsOutAFailure(t *testing.T) {
	calls := 0
	server := awstest.New(t, func(call awstest.Request) awstest.Answer {
		calls++
		if !strings.Contains(call.Header.Get("Authorization"), "/eu-central-1/ssm/aws4_request") || call.Header.Get("X-Amz-Security-Token") != "session" {
			t.Errorf("signature: got %v", call.Header)
		}
		switch calls {
		case 1:
			return awstest.Answer{Status: 503}
		case 2:
			return awstest.Answer{Status: 400, Body: `{"__type":"com.amazonaws.ssm#ThrottlingException"}`}
		}
		return awstest.Answer{Status: 200, Body: `{"Parameter":{"Value":"geheim"}}`}
	})
	config := server.Config
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond })
	}
	if got, err := secret.New(config).Get(context.Background(), "/key"); got != "geheim" || err != nil || calls != 3 {
		t.Errorf("got %q, %v after %d calls, want the secret after 3", got, err, calls)
	}
}

// TestSecretCutLine: a call that got no answer is made again.
func TestSecretCutLine(t *testing.T) {
	calls := 0
	config := awstest.Config()
	config.BaseEndpoint = aws.String("http://localhost:1")
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond })
	}
	config.HTTPClient = line(func(*http.Request) (*http.Response, error) {
		calls++
		return nil, errors.New("use of closed network connection")
	})
	if _, err := secret.New(config).Get(context.Background(), "/key"); err == nil || calls != 3 {
		t.Errorf("got %v after %d calls, want an error after 3", err, calls)
	}
}

type line func(*http.Request) (*http.Response, error)

func (l line) Do(r *http.Request) (*http.Response, error) { return l(r) }

// TestSecretAddress: without an endpoint of its own SSM is asked in its region.
func TestSecretAddress(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "https://ssm.eu-central-1.amazonaws.com/", "cn-north-1": "https://ssm.cn-north-1.amazonaws.com.cn/"} {
		config := awstest.Config()
		config.Region = region
		asked := ""
		config.HTTPClient = line(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return nil, errors.New("no line")
		})
		if _, err := secret.New(config).Get(context.Background(), "/key"); err == nil || asked != want {
			t.Errorf("%s: asked %q, %v, want %q", region, asked, err, want)
		}
	}
}
