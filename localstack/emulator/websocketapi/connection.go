package websocketapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"
)

const (
	sendQueueSize = 512 // messages queued for a slow client before it is disconnected
	maxInFlight   = 32  // concurrent messages of one client
	writeTimeout  = 10 * time.Second
)

// connection is one WebSocket connection.
type connection struct {
	handler     *Handler
	id          string
	identity    events.APIGatewayRequestIdentity
	domain      string
	connectedAt time.Time
	lastActive  atomic.Int64 // Unix ms
	received    atomic.Int64 // messages from the client
	sent        atomic.Int64 // messages to the client

	conn      *websocket.Conn
	accepted  chan struct{} // closed when the handshake is finished
	sendQueue chan []byte   // nil closes the connection
	inFlight  chan struct{}
	idleTimer *time.Timer
}

// serve reads messages until the connection ends and returns its close status and
// reason.
func (c *connection) serve(ctx context.Context) (websocket.StatusCode, string) {
	writeCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.idleTimer = time.AfterFunc(idleTimeout, func() { c.close(websocket.StatusGoingAway, "Going away") })
	ageTimer := time.AfterFunc(maxConnectionAge, func() { c.close(websocket.StatusGoingAway, "Connection duration limit exceeded") })
	defer c.idleTimer.Stop()
	defer ageTimer.Stop()
	c.resetIdleTimer()
	go c.write(writeCtx)
	// An oversized frame is read completely. Closing with unread bytes would reset
	// the connection, and the client would not receive the close status.
	c.conn.SetReadLimit(1 << 20)
	for {
		kind, body, err := c.conn.Read(ctx)
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return closed.Code, closed.Reason
		case err != nil:
			return websocket.StatusAbnormalClosure, "Connection closed abnormally"
		case len(body) > maxFrameBytes:
			c.close(websocket.StatusMessageTooBig, "Frame is too large")
			return websocket.StatusMessageTooBig, "Frame is too large"
		}
		c.resetIdleTimer()
		c.received.Add(1)
		if c.handler.lookup(c.id) == nil {
			continue // deleted through the management API: later messages are ignored
		}
		c.handler.routeMessage(ctx, c, body, kind == websocket.MessageBinary)
	}
}

func (c *connection) resetIdleTimer() {
	c.lastActive.Store(time.Now().UnixMilli())
	c.idleTimer.Reset(idleTimeout)
}

// write sends queued messages in order.
func (c *connection) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case data := <-c.sendQueue:
			if data == nil {
				c.close(websocket.StatusNormalClosure, "Connection Closed Normally")
				return
			}
			limited, cancel := context.WithTimeout(ctx, writeTimeout)
			err := c.conn.Write(limited, websocket.MessageText, data)
			cancel()
			if err != nil {
				_ = c.conn.CloseNow() // ends the reader and with it the connection
				return
			}
			c.resetIdleTimer()
			c.sent.Add(1)
		}
	}
}

// send queues data; nil closes the connection after the queued messages. If the queue
// is full, send drops the connection and reports false.
func (c *connection) send(data []byte) bool {
	select {
	case c.sendQueue <- data:
		return true
	default:
		_ = c.conn.CloseNow() // ends the reader and with it the connection
		return false
	}
}

func (c *connection) close(status websocket.StatusCode, reason string) {
	if <-c.accepted; c.conn == nil {
		return
	}
	_ = c.conn.Close(status, reason) // an error means that the connection is closed already
}

// sendError sends an error message of API Gateway to the client.
func (c *connection) sendError(message, requestID string) {
	text, _ := json.Marshal(map[string]string{"message": message, "connectionId": c.id, "requestId": requestID}) // strings always encode
	c.send(text)
}

// sendResponse sends a function's result to the client, for a route with a route
// response.
func (c *connection) sendResponse(result []byte) {
	var response struct {
		Body            string `json:"body"`
		IsBase64Encoded bool   `json:"isBase64Encoded"`
	}
	if json.Unmarshal(result, &response) != nil || response.Body == "" {
		return
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		if decoded, err := base64.StdEncoding.DecodeString(response.Body); err == nil {
			body = decoded
		}
	}
	c.send(body)
}

func encodeBase64(body []byte) string { return base64.StdEncoding.EncodeToString(body) }
