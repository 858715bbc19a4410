// Package awstest provides a fake AWS endpoint for tests of the adapters.
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

// Request is one received request.
type Request struct {
	Method string
	Path   string // as sent: escaped and with the query
	Header http.Header
	Body   string
}

// Server records all requests and answers them with a function.
type Server struct {
	// Config points to the server, with fixed credentials and without retries.
	Config aws.Config

	mu       sync.Mutex
	requests []Request
}

// Response is the response to one request.
type Response struct {
	Status int
	Header map[string]string
	Body   string
}

// New starts a server that is closed at the end of the test.
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

// Config returns a configuration for the real AWS endpoints, with fixed
// credentials and without retries.
func Config() aws.Config {
	return aws.Config{
		Region: "eu-central-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// OnlyRequest returns the only request. It fails the test if there was none or
// more than one.
func (s *Server) OnlyRequest(t *testing.T) Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("calls: got %d, want 1", len(s.requests))
	}
	return s.requests[0]
}
