// Package client is a client of the TicketSystem API. It is independent of the server
// code. The end-to-end suite, the fault tests, the benchmarks, the fuzzer and the demo call
// the API through it; localstack/testkit/seed writes to the table instead.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// callTimeout limits one call. It exceeds the 30 s of API Gateway, because an
// emulator on a busy machine may be slower.
const callTimeout = 90 * time.Second

// API is one deployment of the system. It is safe for concurrent use.
type API struct {
	base      string
	socketURL string
	outbox    outbox
	http      *http.Client
	observer  Observer // nil for none
}

// Observer receives every response and frame of a client. It is called concurrently.
type Observer interface {
	ObserveResponse(method, path string, r Response)
	ObserveFrame(text []byte)
}

// From returns a client of the same API that calls from a local IP address. On Linux, all
// addresses 127.0.0.0/8 are local.
func (a *API) From(ip string) *API {
	other, client := *a, *a.http
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	client.Transport = &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64}
	other.http = &client
	return &other
}

// Observe sets the observer. Call it before the first request.
func (a *API) Observe(o Observer) { a.observer = o }

// New makes a client of the API at base, such as http://localhost:3000.
//
// socketURL is the URL of the WebSocket API for handshakes with an Authorization
// header; if it is empty, the API is asked for it. outboxURL is the base URL of a
// ministack emulator, or empty for the outbox of the local stack.
func New(base, socketURL, outboxURL string) *API {
	client := &http.Client{
		Timeout: callTimeout,
		// Redirects to presigned URLs are returned, not followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	}
	base = strings.TrimRight(base, "/")
	return &API{base: base, socketURL: socketURL, outbox: newOutbox(client, base, outboxURL), http: client}
}

// FromEnv returns a client for API_URL, SOCKET_URL and OUTBOX_URL. The fallback
// replaces an unset API_URL.
func FromEnv(fallback string) *API {
	base := os.Getenv("API_URL")
	if base == "" {
		base = fallback
	}
	return New(base, os.Getenv("SOCKET_URL"), os.Getenv("OUTBOX_URL"))
}

// Base returns the URL of the HTTP API without a trailing slash.
func (a *API) Base() string { return a.base }

// Origin returns the origin (RFC 6454) of the HTTP API.
func (a *API) Origin() (string, error) {
	u, err := url.Parse(a.base)
	if err != nil {
		return "", fmt.Errorf("parse the URL of the API: %w", err)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Raw is a request body that is sent unchanged.
type Raw []byte

// Option changes a request before it is sent.
type Option func(*http.Request)

// Header sets a request header.
func Header(name, value string) Option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// IfMatch makes a change conditional on an ETag.
func IfMatch(etag string) Option { return Header("If-Match", etag) }

// Language requests texts in a language, such as "fa".
func Language(tag string) Option { return Header("Accept-Language", tag) }

// IdempotencyKey sets the Idempotency-Key header.
func IdempotencyKey(key string) Option { return Header("Idempotency-Key", key) }

// Do sends one request without credentials. A body other than nil or Raw is encoded
// as JSON. It returns an error only if there is no response; any status is a
// response.
func (a *API) Do(ctx context.Context, method, path string, body any, options ...Option) (Response, error) {
	call := method + " " + path
	reader, err := encode(body)
	if err != nil {
		return Response{}, fmt.Errorf("%s: %w", call, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, reader)
	if err != nil {
		return Response{}, fmt.Errorf("%s: %w", call, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, option := range options {
		option(request)
	}
	response, err := send(a.http, request, call)
	if err == nil && a.observer != nil {
		a.observer.ObserveResponse(method, path, response)
	}
	return response, err
}

// Fetch sends a GET request to an absolute URL, such as a presigned one.
func (a *API) Fetch(ctx context.Context, address string) (Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Response{}, fmt.Errorf("GET %s: %w", address, err)
	}
	return send(a.http, request, "GET "+address)
}

func encode(body any) (io.Reader, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case Raw:
		return bytes.NewReader(body), nil
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the body: %w", err)
		}
		return bytes.NewReader(text), nil
	}
}

func send(client *http.Client, request *http.Request, call string) (Response, error) {
	response, err := client.Do(request)
	if err != nil {
		return Response{}, fmt.Errorf("%s: %w", call, err)
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return Response{}, fmt.Errorf("%s: read the response: %w", call, err)
	}
	return Response{Call: call, Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// Response is a response whose body has been read.
type Response struct {
	Call   string // such as "GET /profile"
	Status int
	Header http.Header
	Body   []byte
}

// Decode decodes the body into target. It returns an error unless the response has
// the wanted status. A nil target skips the decoding.
func (r Response) Decode(want int, target any) error {
	if r.Status != want {
		return fmt.Errorf("%s: got %s, want %d", r.Call, r, want)
	}
	if target == nil {
		return nil
	}
	if err := json.Unmarshal(r.Body, target); err != nil {
		return fmt.Errorf("%s: decode %s: %w", r.Call, r, err)
	}
	return nil
}

// String returns the status and the beginning of the body for error messages.
func (r Response) String() string {
	const maxBody = 600
	body := string(r.Body)
	if len(body) > maxBody {
		body = body[:maxBody] + "..."
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, body))
}
