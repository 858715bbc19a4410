// Package socket is API Gateway's WebSocket API with Lambda integrations, and
// the @connections calls by which functions speak to open sockets.
package websocketapi

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
	maxFrameBytes    = 32 << 10  // bytes a client may send at once
	maxMessageBytes  = 128 << 10 // bytes that @connections may send
	idleTimeout      = 10 * time.Minute
	maxConnectionAge = 2 * time.Hour
)

// Route is one route of the API.
type Route struct {
	Function        string
	ReturnsResponse bool // its function's answer goes back to the client
}

// API is what the template says about the WebSocket API.
type API struct {
	Stage          string
	RouteSelection string // the route selection expression
	Routes         map[string]Route
}

// Handler serves an API.
type Handler struct {
	API func() API // the template's current state
	// InvokeAsync queues an invocation; invocations start in the order of the calls.
	InvokeAsync func(function string, payload []byte) (wait func(context.Context) ([]byte, error))
	Logf        func(string, ...any)

	mu       sync.Mutex
	open     map[string]*connection
	handlers sync.WaitGroup
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := connectionID(r.URL.Path); ok {
		h.serveManagement(w, r, id)
		return
	}
	// A socket outlives the request that it began as.
	ctx := context.WithoutCancel(r.Context())
	c := &connection{
		handler: h, id: newID(), identity: newIdentity(r), domain: r.Host, connectedAt: time.Now(),
		accepted: make(chan struct{}), sendQueue: make(chan []byte, sendQueueSize), inFlight: make(chan struct{}, maxInFlight),
	}
	if status := h.connect(ctx, c, r); status != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": http.StatusText(status), "connectionId": c.id, "requestId": newID()})
		return
	}
	// Whether the page's origin may connect is for the $connect function to say.
	// A frame may come for it as soon as the client sees the answer.
	h.register(c)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	c.conn = conn
	close(c.accepted)
	if err != nil {
		h.unregister(c)
		h.disconnect(ctx, c, websocket.StatusAbnormalClosure, "the handshake failed")
		return
	}
	h.handlers.Add(1)
	defer h.handlers.Done()
	status, reason := c.serve(ctx)
	h.unregister(c)
	h.disconnect(ctx, c, status, reason)
}

// connect asks the $connect function. Its error is a 502, its own refusal
// keeps its status.
func (h *Handler) connect(ctx context.Context, c *connection, r *http.Request) int {
	if r.Header.Get("Upgrade") == "" {
		return http.StatusUpgradeRequired
	}
	route, ok := h.API().Routes["$connect"]
	if !ok {
		return http.StatusOK
	}
	result, err := h.invoke(ctx, route.Function, c.connectEvent(r))
	if err != nil {
		return http.StatusBadGateway
	}
	var response struct {
		StatusCode int `json:"statusCode"`
	}
	if err := json.Unmarshal(result, &response); err != nil || response.StatusCode == 0 {
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

func (h *Handler) disconnect(ctx context.Context, c *connection, status websocket.StatusCode, reason string) {
	route, ok := h.API().Routes["$disconnect"]
	if !ok {
		return
	}
	e := event{RequestContext: c.newRequestContext("$disconnect", "DISCONNECT")}
	e.RequestContext.DisconnectStatus, e.RequestContext.DisconnectReason = int(status), reason
	// Its failure is in the function's log; nobody is left to be told.
	_, _ = h.invoke(ctx, route.Function, e)
}

func (h *Handler) invoke(ctx context.Context, function string, e event) ([]byte, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return h.InvokeAsync(function, payload)(ctx)
}

// routeMessage starts the function of a client's message. Messages of one socket
// run side by side, as on AWS, but start in their order.
func (h *Handler) routeMessage(ctx context.Context, c *connection, body []byte, binary bool) {
	api := h.API()
	key, route, ok := "$default", api.Routes["$default"], true
	if !binary {
		key, route, ok = selectRoute(api, body)
	} else if route.Function == "" {
		ok = false
	}
	e := event{RequestContext: c.newRequestContext(key, "MESSAGE"), Body: string(body)}
	e.RequestContext.MessageID = newID()
	if !ok {
		c.sendError("Forbidden", e.RequestContext.RequestID)
		return
	}
	if binary || !utf8.Valid(body) {
		e.Body, e.IsBase64Encoded = encodeBase64(body), true
	}
	payload, err := json.Marshal(e)
	if err != nil {
		c.sendError("Internal server error", e.RequestContext.RequestID)
		return
	}
	c.inFlight <- struct{}{}
	wait := h.InvokeAsync(route.Function, payload)
	go func() {
		defer func() { <-c.inFlight }()
		result, err := wait(ctx)
		if err != nil {
			c.sendError("Internal server error", e.RequestContext.RequestID)
			return
		}
		if route.ReturnsResponse {
			c.sendResponse(result)
		}
	}()
}

// Close ends all sockets and waits, for a while, until their $disconnect ran.
func (h *Handler) Close() {
	h.mu.Lock()
	for _, c := range h.open {
		go c.close(websocket.StatusGoingAway, "the stack is stopping")
	}
	h.mu.Unlock()
	done := make(chan struct{})
	go func() {
		h.handlers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
}

func (h *Handler) register(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[string]*connection{}
	}
	h.open[c.id] = c
}

func (h *Handler) unregister(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, c.id)
}

// lookup finds an open socket; one whose handshake is being answered is waited
// for.
func (h *Handler) lookup(id string) *connection {
	h.mu.Lock()
	c := h.open[id]
	h.mu.Unlock()
	if c == nil {
		return nil
	}
	if <-c.accepted; c.conn == nil {
		return nil
	}
	return c
}
