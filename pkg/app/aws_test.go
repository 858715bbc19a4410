package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func TestAWS_FromEnvironment(t *testing.T) {
	values := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3",
	}
	e := newEnv(values)
	config := e.AWS("S3")
	credentials, err := config.Credentials.Retrieve(context.Background())
	if err != nil || credentials.AccessKeyID != "id" || credentials.SecretAccessKey != "secret" || credentials.SessionToken != "session" {
		t.Errorf("credentials: got %+v, %v", credentials, err)
	}
	if config.Region != "eu-central-1" || aws.ToString(config.BaseEndpoint) != "http://s3" {
		t.Errorf("got region %q, endpoint %q", config.Region, aws.ToString(config.BaseEndpoint))
	}
	if got := aws.ToString(e.AWS("SNS").BaseEndpoint); got != "http://all" {
		t.Errorf("SNS endpoint: got %q, want AWS_ENDPOINT_URL", got)
	}
	delete(values, "AWS_ENDPOINT_URL")
	if got := e.AWS("SNS").BaseEndpoint; got != nil {
		t.Errorf("SNS endpoint: got %q, want none", *got)
	}
	if err := e.Err(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAWS_MissingVariables(t *testing.T) {
	e := newEnv(nil)
	e.AWS("S3")
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if err := e.Err(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in %v", name, err)
		}
	}
}

// TestAWS_Retries checks that a request is repeated after two failures.
func TestAWS_Retries(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`))
	}))
	defer server.Close()
	config := newEnv(map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.URL,
	}).AWS("SNS")
	_, err := sns.NewFromConfig(config).Publish(context.Background(), &sns.PublishInput{Message: aws.String("x"), PhoneNumber: aws.String("+989121234567")})
	if err != nil || calls.Load() != 3 {
		t.Errorf("got %d calls, %v, want 3 and no error", calls.Load(), err)
	}
}
