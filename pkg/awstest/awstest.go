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

	mu       sync.Mutex
	requests []Request
}

// Response is the response to one call.
type Response struct {
	Status int
	Header map[string]string
	Body   string
}

// New starts a server that ends with the test.
func New(t *testing.T, respond func(Request) Response) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a call: %v", err)
		}
		request := Request{Method: r.Method, Path: r.RequestURI, Header: r.Header, Body: string(body)}
		s.mu.Lock()
		s.requests = append(s.requests, request)
		s.mu.Unlock()
		response := respond(request)
		for name, value := range response.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(response.Status)
		_, _ = io.WriteString(w, response.Body)
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

// OnlyRequest gives the one call there was, and fails the test when there were more
// or none.
func (s *Server) OnlyRequest(t *testing.T) Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("calls: got %d, want 1", len(s.requests))
	}
	return s.requests[0]
}
