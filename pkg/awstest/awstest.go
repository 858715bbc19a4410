// Package awstest stands in for AWS in the tests of the adapters: a server
// that keeps what was sent and answers what it is told.
package awstest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Request is one call as it came over the wire.
type Request struct {
	Method string
	Path   string // as sent, still escaped, with the query
	Header http.Header
	Body   string
}

// Server answers every call with what Answer gives, and keeps the calls.
type Server struct {
	// Config reaches the server, with fixed credentials and no retries.
	Config aws.Config

	lock  sync.Mutex
	calls []Request
}

// Answer is the response to one call.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
}

// New starts a server that ends with the test.
func New(t *testing.T, answer func(Request) Answer) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a call: %v", err)
		}
		call := Request{Method: r.Method, Path: r.RequestURI, Header: r.Header, Body: string(body)}
		s.lock.Lock()
		s.calls = append(s.calls, call)
		s.lock.Unlock()
		a := answer(call)
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(server.Close)
	s.Config = Config()
	s.Config.BaseEndpoint = aws.String(server.URL)
	return s
}

// Config is one with fixed credentials and no retries, for AWS's own addresses.
func Config() aws.Config {
	return aws.Config{
		Region: "eu-central-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// Only gives the one call there was, and fails the test when there were more
// or none.
func (s *Server) Only(t *testing.T) Request {
	t.Helper()
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.calls) != 1 {
		t.Fatalf("calls: got %d, want 1", len(s.calls))
	}
	return s.calls[0]
}
