// Package client is a small client of the TicketSystem API, written from its
// contract alone. The end-to-end suite and the demo use it against the local
// stack, an emulator or a real deployment.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// callTimeout bounds one call. API Gateway itself gives up after 30 seconds, an
// emulator on a busy machine does not.
const callTimeout = 90 * time.Second

// API is one deployment of the system, seen from outside. It may be used by
// many goroutines at once.
type API struct {
	base      string
	socketURL string
	outbox    outbox
	http      *http.Client
}

// New makes a client of the API at base, such as http://localhost:3000.
//
// socketURL is the address of the WebSocket API for handshakes with an
// Authorization header; empty means that it is learned from the API.
// outboxURL says where sent text messages can be read: empty for the local
// stack's own outbox at base, else the base address of a ministack emulator.
func New(base, socketURL, outboxURL string) *API {
	client := &http.Client{
		Timeout: callTimeout,
		// A signed address is an answer to look at, not to follow.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	}
	base = strings.TrimRight(base, "/")
	return &API{base: base, socketURL: socketURL, outbox: newOutbox(client, base, outboxURL), http: client}
}

// FromEnv makes a client from API_URL, SOCKET_URL and OUTBOX_URL; fallback is the
// API's address when API_URL is not set.
func FromEnv(fallback string) *API {
	base := os.Getenv("API_URL")
	if base == "" {
		base = fallback
	}
	return New(base, os.Getenv("SOCKET_URL"), os.Getenv("OUTBOX_URL"))
}

// Base is the address of the HTTP API, without a slash at its end.
func (a *API) Base() string { return a.base }

// Origin is the origin (RFC 6454) of the HTTP API.
func (a *API) Origin() (string, error) {
	u, err := url.Parse(a.base)
	if err != nil {
		return "", fmt.Errorf("read the address of the API: %w", err)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Raw is a request body that goes out as it is, not encoded as JSON.
type Raw []byte

// Option changes one request before it is sent.
type Option func(*http.Request)

// Header sets one header of a request.
func Header(name, value string) Option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// IfMatch makes a change conditional on an ETag.
func IfMatch(etag string) Option { return Header("If-Match", etag) }

// Language asks for texts in a language, such as "fa".
func Language(tag string) Option { return Header("Accept-Language", tag) }

// IdempotencyKey marks repeats of one call.
func IdempotencyKey(key string) Option { return Header("Idempotency-Key", key) }

// Do sends one request without credentials. A body that is not nil and not
// Raw is encoded as JSON. The error is of the way there and back only: every
// status is an answer.
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
	return send(a.http, request, call)
}

// Fetch sends a plain GET to an absolute address, such as a signed one.
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
		return Response{}, fmt.Errorf("%s: read the answer: %w", call, err)
	}
	return Response{Call: call, Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// Response is what came back for a call.
type Response struct {
	Call   string // such as "GET /profile"
	Status int
	Header http.Header
	Body   []byte
}

// Decode decodes the answer when it has the wanted status; every other status
// is an error that shows what came instead. A nil target decodes nothing.
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

// String shows status and the beginning of the body, for messages of failure.
func (r Response) String() string {
	const maxBody = 600
	body := string(r.Body)
	if len(body) > maxBody {
		body = body[:maxBody] + "..."
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, body))
}
