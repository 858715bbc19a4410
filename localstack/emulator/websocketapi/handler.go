// Package websocketapi emulates an API Gateway WebSocket API with Lambda
// integrations, and the @connections management API.
package websocketapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"
)

// Limits of API Gateway.
const (
	maxFrameBytes    = 32 << 10  // per frame from a client
	maxMessageBytes  = 128 << 10 // per message through @connections
	idleTimeout      = 10 * time.Minute
	maxConnectionAge = 2 * time.Hour
)

// Route is one route of the API.
type Route struct {
	Function        string
	ReturnsResponse bool // its function's result is sent to the client
}

// API is the definition of the WebSocket API in the template.
type API struct {
	Stage          string
	RouteSelection string // route selection expression
	Routes         map[string]Route
}

// Handler serves an API.
type Handler struct {
	API func() API // of the current template
	// InvokeAsync starts an invocation. Invocations start in the order of the calls.
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
	// A connection outlives its handshake request.
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
	// The $connect function checks the Origin header. The connection is registered
	// before the handshake response, because a message for it may follow at once.
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

// connect invokes the $connect function and returns the handshake status. A function
// error is a 502; an error status of the function is passed on.
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
	e := events.APIGatewayWebsocketProxyRequest{RequestContext: c.newRequestContext("$disconnect", "DISCONNECT")}
	e.RequestContext.DisconnectStatusCode, e.RequestContext.DisconnectReason = int64(status), &reason
	// The function's log shows a failure. The client is disconnected already.
	_, _ = h.invoke(ctx, route.Function, e)
}

func (h *Handler) invoke(ctx context.Context, function string, e events.APIGatewayWebsocketProxyRequest) ([]byte, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return h.InvokeAsync(function, payload)(ctx)
}

// routeMessage invokes the function of a client message. As on AWS, messages of one
// connection run concurrently but start in order.
func (h *Handler) routeMessage(ctx context.Context, c *connection, body []byte, binary bool) {
	api := h.API()
	key, route, ok := "$default", api.Routes["$default"], true
	if !binary {
		key, route, ok = selectRoute(api, body)
	} else if route.Function == "" {
		ok = false
	}
	e := events.APIGatewayWebsocketProxyRequest{RequestContext: c.newRequestContext(key, "MESSAGE"), Body: string(body)}
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

// Close closes all connections and waits up to 3 s for their $disconnect functions.
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

// Connection is an open connection.
type Connection struct {
	ID          string    `json:"id"`
	ConnectedAt time.Time `json:"connectedAt"`
	LastActive  time.Time `json:"lastActive"`
	UserAgent   string    `json:"userAgent"`
	Received    int64     `json:"received"` // messages from the client
	Sent        int64     `json:"sent"`     // messages to the client
}

// Connections returns the open connections, newest first.
func (h *Handler) Connections() []Connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := []Connection{}
	for _, c := range h.open {
		list = append(list, Connection{c.id, c.connectedAt, time.UnixMilli(c.lastActive.Load()), c.identity.UserAgent, c.received.Load(), c.sent.Load()})
	}
	slices.SortFunc(list, func(a, b Connection) int { return b.ConnectedAt.Compare(a.ConnectedAt) })
	return list
}

// lookup returns an open connection. It waits while the handshake is in progress.
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
