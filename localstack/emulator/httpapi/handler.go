// Package httpapi emulates an API Gateway HTTP API with Lambda integrations in
// payload format 2.0.
package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// Limits of API Gateway.
const (
	maxBodyBytes       = 10 << 20
	integrationTimeout = 30 * time.Second
)

// API is the definition of the HTTP API in the template.
type API struct {
	Routes []Route
	CORS   *CORS // nil without a CorsConfiguration
}

// Handler serves an API.
type Handler struct {
	API     func() API            // of the current template
	Prepare func(function string) // waits for a build, which does not count towards the integration timeout
	// Invoke returns the response of a function. context.DeadlineExceeded becomes 503, any
	// other error 500.
	Invoke  func(ctx context.Context, function string, payload []byte) ([]byte, error)
	OnWrite func()         // called after requests that may have written to the table
	Observe func(Exchange) // called after each request but preflight requests; may be nil
	Logf    func(string, ...any)

	buckets buckets
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api := h.API()
	requestID := rand.Text()[:16]
	w.Header().Set("Apigw-Requestid", requestID)
	if api.CORS != nil && api.CORS.handle(w, r) {
		return
	}
	x := Exchange{At: time.Now(), Method: r.Method, Path: r.URL.RequestURI(), RequestID: requestID}
	route, variables := match(api.Routes, r.Method, r.URL.EscapedPath())
	observed := &observedWriter{ResponseWriter: w, status: http.StatusOK}
	switch {
	case route == nil:
		writeError(observed, http.StatusNotFound, "Not Found")
	case !h.buckets.allow(route):
		writeError(observed, http.StatusTooManyRequests, "Too Many Requests")
	default:
		x.Function = route.Function
		h.serve(observed, r, requestID, route, variables, api.CORS != nil)
	}
	if h.Observe != nil {
		h.Observe(observed.exchange(x))
	}
}

// serve invokes the function of a route.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, requestID string, route *Route, variables map[string]string, hasCORS bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			writeError(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		writeError(w, http.StatusBadRequest, "Bad Request")
		return
	}
	payload, err := json.Marshal(newEvent(r, route, variables, body, requestID, time.Now()))
	if err != nil {
		writeError(w, http.StatusBadRequest, "Bad Request")
		return
	}
	h.invoke(w, r, route.Function, payload, hasCORS)
}

// statusClientClosed is the status in the list of requests of one whose client has
// disconnected before the response.
const statusClientClosed = 499

func (h *Handler) invoke(w http.ResponseWriter, r *http.Request, function string, payload []byte, hasCORS bool) {
	h.Prepare(function)
	ctx, cancel := context.WithTimeout(r.Context(), integrationTimeout)
	defer cancel()
	result, err := h.Invoke(ctx, function, payload)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.OnWrite()
	}
	switch {
	case r.Context().Err() != nil:
		writeError(w, statusClientClosed, "Client Closed Request")
		return
	case errors.Is(err, context.DeadlineExceeded):
		writeError(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	case err != nil:
		writeError(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	resp, err := parseResponse(result)
	if err != nil {
		h.Logf("%s: %v", function, err)
		writeError(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	resp.write(w, hasCORS)
}

// writeError writes an error response of API Gateway.
func writeError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // the client may have disconnected
}
