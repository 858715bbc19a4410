// Package socket is API Gateway's WebSocket API with Lambda integrations, and
// the @connections calls by which functions speak to open sockets.
package socket

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Limits of API Gateway.
const (
	maxFrame   = 32 << 10  // bytes a client may send at once
	maxMessage = 128 << 10 // bytes that @connections may send
	idleLimit  = 10 * time.Minute
	lifeLimit  = 2 * time.Hour
)

// Route is one route of the API.
type Route struct {
	Function string
	Responds bool // its function's answer goes back to the client
}

// API is what the template says about the WebSocket API.
type API struct {
	Stage     string
	Selection string // the route selection expression
	Routes    map[string]Route
}

// Handler serves an API.
type Handler struct {
	API func() API // the template's current state
	// Start queues an invocation; invocations start in the order of the calls.
	Start func(function string, payload []byte) (wait func(context.Context) ([]byte, error))
	Logf  func(string, ...any)

	mu      sync.Mutex
	sockets map[string]*socket
	running sync.WaitGroup
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := connectionID(r.URL.Path); ok {
		h.connections(w, r, id)
		return
	}
	// A socket outlives the request that it began as.
	ctx := context.WithoutCancel(r.Context())
	s := &socket{
		handler: h, id: newID(), identity: newIdentity(r), domain: r.Host, connectedAt: time.Now(),
		accepted: make(chan struct{}), queue: make(chan []byte, queueLimit), inFlight: make(chan struct{}, inFlightLimit),
	}
	if status := h.connect(ctx, s, r); status != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": http.StatusText(status), "connectionId": s.id, "requestId": newID()})
		return
	}
	// Whether the page's origin may connect is for the $connect function to say.
	// A frame may come for it as soon as the client sees the answer.
	h.add(s)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	s.conn = conn
	close(s.accepted)
	if err != nil {
		h.remove(s)
		h.disconnect(ctx, s, websocket.StatusAbnormalClosure, "the handshake failed")
		return
	}
	h.running.Add(1)
	defer h.running.Done()
	status, reason := s.serve(ctx)
	h.remove(s)
	h.disconnect(ctx, s, status, reason)
}

// connect asks the $connect function. Its error is a 502, its own refusal
// keeps its status.
func (h *Handler) connect(ctx context.Context, s *socket, r *http.Request) int {
	if r.Header.Get("Upgrade") == "" {
		return http.StatusUpgradeRequired
	}
	route, ok := h.API().Routes["$connect"]
	if !ok {
		return http.StatusOK
	}
	answer, err := h.invoke(ctx, route.Function, s.connectEvent(r))
	if err != nil {
		return http.StatusBadGateway
	}
	var response struct {
		StatusCode int `json:"statusCode"`
	}
	if err := json.Unmarshal(answer, &response); err != nil || response.StatusCode == 0 {
		return http.StatusBadGateway
	}
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		return http.StatusOK
	case response.StatusCode >= 400 && response.StatusCode < 600:
		return response.StatusCode
	}
	return http.StatusInternalServerError
}

func (h *Handler) disconnect(ctx context.Context, s *socket, status websocket.StatusCode, reason string) {
	route, ok := h.API().Routes["$disconnect"]
	if !ok {
		return
	}
	e := event{RequestContext: s.context("$disconnect", "DISCONNECT")}
	e.RequestContext.DisconnectStatus, e.RequestContext.DisconnectReason = int(status), reason
	// Its failure is in the function's log; nobody is left to be told.
	_, _ = h.invoke(ctx, route.Function, e)
}

func (h *Handler) invoke(ctx context.Context, function string, e event) ([]byte, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return h.Start(function, payload)(ctx)
}

// message starts the function of a client's message. Messages of one socket
// run side by side, as on AWS, but start in their order.
func (h *Handler) message(ctx context.Context, s *socket, body []byte, binary bool) {
	api := h.API()
	key, route, ok := "$default", api.Routes["$default"], true
	if !binary {
		key, route, ok = selectRoute(api, body)
	} else if route.Function == "" {
		ok = false
	}
	e := event{RequestContext: s.context(key, "MESSAGE"), Body: string(body)}
	e.RequestContext.MessageID = newID()
	if !ok {
		s.complain("Forbidden", e.RequestContext.RequestID)
		return
	}
	if binary || !utf8.Valid(body) {
		e.Body, e.IsBase64Encoded = encode(body), true
	}
	payload, err := json.Marshal(e)
	if err != nil {
		s.complain("Internal server error", e.RequestContext.RequestID)
		return
	}
	s.inFlight <- struct{}{}
	wait := h.Start(route.Function, payload)
	go func() {
		defer func() { <-s.inFlight }()
		answer, err := wait(ctx)
		if err != nil {
			s.complain("Internal server error", e.RequestContext.RequestID)
			return
		}
		if route.Responds {
			s.respond(answer)
		}
	}()
}

// Close ends all sockets and waits, for a while, until their $disconnect ran.
func (h *Handler) Close() {
	h.mu.Lock()
	for _, s := range h.sockets {
		go s.end(websocket.StatusGoingAway, "the stack is stopping")
	}
	h.mu.Unlock()
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
}

func (h *Handler) add(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sockets == nil {
		h.sockets = map[string]*socket{}
	}
	h.sockets[s.id] = s
}

func (h *Handler) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s.id)
}

// socket finds an open socket; one whose handshake is being answered is waited
// for.
func (h *Handler) socket(id string) *socket {
	h.mu.Lock()
	s := h.sockets[id]
	h.mu.Unlock()
	if s == nil {
		return nil
	}
	if <-s.accepted; s.conn == nil {
		return nil
	}
	return s
}
