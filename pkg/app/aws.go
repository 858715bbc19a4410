package app

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// AWS returns the client configuration of an AWS service. It reads the standard
// variables AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
// AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL. service is the name in that
// variable, such as "DYNAMODB" or "S3".
//
// It replaces aws-sdk-go-v2/config, which also searches profiles, metadata services
// and single sign-on, and adds 4 ms to each cold start.
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

// credentials returns the credentials of the environment. They never change: Lambda
// replaces an instance before its credentials expire.
func (e *Env) credentials() aws.CredentialsProvider {
	fixed := aws.Credentials{
		AccessKeyID:     e.Required("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: e.Required("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    e.String("AWS_SESSION_TOKEN", ""),
		Source:          "environment",
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return fixed, nil })
}

// newRetryer returns the SDK's standard retryer with a maximum back-off of 1 s. The
// default of 20 s exceeds the timeout of the functions.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		o.MaxBackoff = time.Second
	})
}

// connectionBuffer is the size in bytes of the buffers of a connection. Most requests and
// responses fit, so that each takes one system call.
const connectionBuffer = 32 << 10

// newHTTPClient returns a client with enough idle connections for a fan-out. It times
// out before the 10 s timeout of the functions. The timeouts apply to each attempt of
// the retryer.
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
			IdleConnTimeout:       50 * time.Second, // AWS closes idle connections after 60 s
			ReadBufferSize:        connectionBuffer,
			WriteBufferSize:       connectionBuffer,
			DisableCompression:    true, // the SDK requests gzip where it supports it
		},
		// A signature is valid for one host; do not send it to another one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
