package socket

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	queueLimit    = 512 // messages waiting for a slow client before it is dropped
	inFlightLimit = 32  // messages of one client at work
	writeLimit    = 10 * time.Second
)

// socket is one open connection.
type socket struct {
	handler     *Handler
	id          string
	identity    identity
	domain      string
	connectedAt time.Time
	lastActive  atomic.Int64 // Unix ms

	conn     *websocket.Conn
	accepted chan struct{} // closed when the handshake is over
	queue    chan []byte   // nil ends the socket
	inFlight chan struct{}
	idle     *time.Timer
}

// serve runs the socket until it ends and says how it ended.
func (s *socket) serve(ctx context.Context) (websocket.StatusCode, string) {
	writing, cancel := context.WithCancel(ctx)
	defer cancel()
	s.idle = time.AfterFunc(idleLimit, func() { s.end(websocket.StatusGoingAway, "Going away") })
	life := time.AfterFunc(lifeLimit, func() { s.end(websocket.StatusGoingAway, "Connection duration limit exceeded") })
	defer s.idle.Stop()
	defer life.Stop()
	s.touch()
	go s.write(writing)
	// A frame that is too big is read whole nevertheless: closing with bytes
	// unread would reset the connection, and the client would not see why.
	s.conn.SetReadLimit(1 << 20)
	for {
		kind, body, err := s.conn.Read(ctx)
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return closed.Code, closed.Reason
		case err != nil:
			return websocket.StatusAbnormalClosure, "Connection closed abnormally"
		case len(body) > maxFrame:
			s.end(websocket.StatusMessageTooBig, "Frame is too large")
			return websocket.StatusMessageTooBig, "Frame is too large"
		}
		s.touch()
		if s.handler.socket(s.id) == nil {
			continue // deleted: the client has been told, and what it says counts no more
		}
		s.handler.message(ctx, s, body, kind == websocket.MessageBinary)
	}
}

func (s *socket) touch() {
	s.lastActive.Store(time.Now().UnixMilli())
	s.idle.Reset(idleLimit)
}

// write sends what is queued, in its order.
func (s *socket) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case data := <-s.queue:
			if data == nil {
				s.end(websocket.StatusNormalClosure, "Connection Closed Normally")
				return
			}
			limited, cancel := context.WithTimeout(ctx, writeLimit)
			err := s.conn.Write(limited, websocket.MessageText, data)
			cancel()
			if err != nil {
				_ = s.conn.CloseNow() // which ends the reader, and so the socket
				return
			}
			s.touch()
		}
	}
}

// send queues data, or the end of the socket behind what was queued before;
// false drops a client that does not read.
func (s *socket) send(data []byte) bool {
	select {
	case s.queue <- data:
		return true
	default:
		_ = s.conn.CloseNow() // which ends the reader, and so the socket
		return false
	}
}

func (s *socket) end(status websocket.StatusCode, reason string) {
	if <-s.accepted; s.conn == nil {
		return
	}
	_ = s.conn.Close(status, reason) // an error means that it has ended
}

// complain tells the client of an error in the gateway's own words.
func (s *socket) complain(message, requestID string) {
	text, _ := json.Marshal(map[string]string{"message": message, "connectionId": s.id, "requestId": requestID}) // strings always encode
	s.send(text)
}

// respond sends a function's answer back, for a route that has a response.
func (s *socket) respond(answer []byte) {
	var response struct {
		Body            string `json:"body"`
		IsBase64Encoded bool   `json:"isBase64Encoded"`
	}
	if json.Unmarshal(answer, &response) != nil || response.Body == "" {
		return
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		if decoded, err := base64.StdEncoding.DecodeString(response.Body); err == nil {
			body = decoded
		}
	}
	s.send(body)
}

func encode(body []byte) string { return base64.StdEncoding.EncodeToString(body) }
