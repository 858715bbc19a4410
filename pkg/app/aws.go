package app

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// AWS gives the configuration of one service's client, from the variables that
// Lambda sets and the SDKs share: AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL_<SERVICE> and
// AWS_ENDPOINT_URL. service is the name in that variable: "DYNAMODB", "S3".
//
// It stands in for aws-sdk-go-v2/config, which looks through profiles,
// metadata services and single sign-on: 4 ms of each cold start for nothing.
func (e *Env) AWS(service string) aws.Config {
	config := aws.Config{
		Region:      e.String("AWS_REGION", e.String("AWS_DEFAULT_REGION", "")),
		Credentials: e.credentials(),
		HTTPClient:  newHTTPClient(),
		Retryer:     newRetryer,
	}
	if config.Region == "" {
		e.Required("AWS_REGION")
	}
	if endpoint := e.String("AWS_ENDPOINT_URL_"+service, e.String("AWS_ENDPOINT_URL", "")); endpoint != "" {
		config.BaseEndpoint = aws.String(endpoint)
	}
	return config
}

// credentials are read once: Lambda replaces a whole instance before the
// credentials in its environment run out.
func (e *Env) credentials() aws.CredentialsProvider {
	fixed := aws.Credentials{
		AccessKeyID:     e.Required("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: e.Required("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    e.String("AWS_SESSION_TOKEN", ""),
		Source:          "environment",
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return fixed, nil })
}

// newRetryer is the SDK's standard one with a shorter longest pause: its own
// 20 s would outlast the function.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		o.MaxBackoff = time.Second
	})
}

// newHTTPClient keeps enough connections open for a fan-out, and gives up on a
// dead one before the 10 s a function may take. One request is one
// attempt of the retryer.
func newHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: 8 * time.Second,
		Transport: &http.Transport{
			DialContext:           dialer.DialContext,
			TLSHandshakeTimeout:   3 * time.Second,
			ResponseHeaderTimeout: 5 * time.Second,
			MaxIdleConns:          128,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       50 * time.Second, // below the 60 s after which AWS closes them
			DisableCompression:    true,             // the SDK asks for gzip where it wants it
		},
		// The SDK signs for one host; a redirect would carry the signature elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
