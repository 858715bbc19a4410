package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	frameTimeout  = 90 * time.Second
	maxFrameBytes = 1 << 20 // of one frame from the server
)

// Frame is one frame from the server with its optional fields.
type Frame struct {
	Type     string   `json:"type"`
	ID       string   `json:"id"`
	Topic    string   `json:"topic"`
	LastSeq  int      `json:"lastSeq"`
	Entries  []Entry  `json:"entries"`
	HasMore  bool     `json:"hasMore"`
	ClientID string   `json:"clientId"`
	TicketID string   `json:"ticketId"`
	Seq      int      `json:"seq"`
	Prev     int      `json:"prev"`
	Version  int      `json:"version"`
	Change   *Change  `json:"change"`
	Entry    *Entry   `json:"entry"`
	User     *Author  `json:"user"`
	Users    []Author `json:"users"`
	Ticket   *Ticket  `json:"ticket"`
	Problem  *Problem `json:"problem"`

	Notification *Notification `json:"notification"`
	Counts       *TicketCounts `json:"counts"`
	Broadcast    *Broadcast    `json:"broadcast"`

	State json.RawMessage `json:"state"` // an object in `ack`, a text in `attachment`
	At    string          `json:"at"`
	Raw   string          `json:"-"` // the received text
}

// TicketState returns the state of the ticket in a frame `ack`.
func (f Frame) TicketState() (s State, err error) {
	err = json.Unmarshal(f.State, &s)
	return s, err
}

// Socket is one WebSocket connection. It collects all received frames, so that none
// is missed between two calls of Await.
type Socket struct {
	conn     *websocket.Conn
	observer Observer // nil for none

	mu       sync.Mutex
	pending  []Frame       // not yet returned by Await
	received []Frame       // all frames
	readErr  error         // why reading stopped
	changed  chan struct{} // closed and replaced at each change
}

// SocketURL returns the URL of the WebSocket API without a connect token.
func (u *User) SocketURL(ctx context.Context) (string, error) {
	if u.API.socketURL != "" {
		return u.API.socketURL, nil
	}
	token, err := u.CreateConnectToken(ctx)
	if err != nil {
		return "", err
	}
	parsed, err := url.Parse(token.URL)
	if err != nil {
		return "", fmt.Errorf("parse the WebSocket URL: %w", err)
	}
	parsed.RawQuery = ""
	return parsed.String(), nil
}

// CreateConnectToken creates a single-use connect token.
func (u *User) CreateConnectToken(ctx context.Context) (ConnectToken, error) {
	var token ConnectToken
	err := u.do(ctx, http.MethodPost, "/realtime/tickets", nil, http.StatusCreated, &token)
	return token, err
}

// Connect opens a socket with a new connect token.
func (u *User) Connect(ctx context.Context) (*Socket, error) {
	token, err := u.CreateConnectToken(ctx)
	if err != nil {
		return nil, err
	}
	socket, status, err := u.API.Dial(ctx, token.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("open a socket (%d): %w", status, err)
	}
	return socket, nil
}

// Dial opens a socket. It returns the HTTP status of the handshake, 0 without a
// response.
func (a *API) Dial(ctx context.Context, address string, header http.Header) (*Socket, int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // the library closes it
	status := 0
	if response != nil {
		status = response.StatusCode
	}
	if err != nil {
		return nil, status, err
	}
	conn.SetReadLimit(maxFrameBytes)
	socket := &Socket{conn: conn, observer: a.observer, changed: make(chan struct{})}
	go socket.read() //nolint:gosec // it outlives the handshake, whose context this is
	return socket, status, nil
}

// read collects frames until the connection ends.
func (s *Socket) read() {
	for {
		// Read returns an error when the connection ends, so it needs no deadline.
		_, text, err := s.conn.Read(context.Background())
		if err != nil {
			s.record(nil, err)
			return
		}
		if s.observer != nil {
			s.observer.ObserveFrame(text)
		}
		frame := Frame{Raw: string(text)}
		if err := json.Unmarshal(text, &frame); err != nil {
			frame.Type = "unreadable: " + err.Error()
		}
		s.record(&frame, nil)
	}
}

func (s *Socket) record(frame *Frame, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if frame != nil {
		s.pending = append(s.pending, *frame)
		s.received = append(s.received, *frame)
	}
	s.readErr = err
	close(s.changed)
	s.changed = make(chan struct{})
}

// Send sends one frame. A Raw value is sent unchanged, others as JSON.
func (s *Socket) Send(ctx context.Context, frame any) error {
	text, raw := frame.(Raw)
	if !raw {
		encoded, err := json.Marshal(frame)
		if err != nil {
			return fmt.Errorf("encode a frame: %w", err)
		}
		text = encoded
	}
	if err := s.conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("send a frame: %w", err)
	}
	return nil
}

// SendBinary sends one binary frame.
func (s *Socket) SendBinary(ctx context.Context, content []byte) error {
	return s.conn.Write(ctx, websocket.MessageBinary, content)
}

// Await waits for a matching frame and returns it. The description is used in errors.
func (s *Socket) Await(ctx context.Context, description string, wanted func(Frame) bool) (Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, frameTimeout)
	defer cancel()
	for {
		frame, found, changed, readErr := s.match(wanted)
		if found {
			return frame, nil
		}
		if readErr != nil {
			return Frame{}, fmt.Errorf("wait for %s: the connection ended: %w; received %s", description, readErr, s.describe())
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Frame{}, fmt.Errorf("wait for %s: timeout after %s; received %s", description, frameTimeout, s.describe())
		}
	}
}

func (s *Socket) match(wanted func(Frame) bool) (frame Frame, found bool, changed <-chan struct{}, readErr error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, frame := range s.pending {
		if wanted(frame) {
			s.pending = append(s.pending[:i:i], s.pending[i+1:]...)
			return frame, true, nil, nil
		}
	}
	return Frame{}, false, s.changed, s.readErr
}

// Request sends a frame and waits for the first frame of the response type.
func (s *Socket) Request(ctx context.Context, frame any, responseType string) (Frame, error) {
	if err := s.Send(ctx, frame); err != nil {
		return Frame{}, err
	}
	return s.Await(ctx, "a frame of type "+responseType, func(f Frame) bool { return f.Type == responseType })
}

// Frames returns all received frames.
func (s *Socket) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Frame(nil), s.received...)
}

// AwaitClose waits until the server closes the connection. It returns the close
// status (RFC 6455, section 7.4), or -1 if there was none.
func (s *Socket) AwaitClose(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, frameTimeout)
	defer cancel()
	for {
		_, _, changed, readErr := s.match(func(Frame) bool { return false })
		if readErr != nil {
			return int(websocket.CloseStatus(readErr)), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for the close: timeout after %s", frameTimeout)
		}
	}
}

// Close closes the connection with a close frame.
func (s *Socket) Close() error { return s.conn.Close(websocket.StatusNormalClosure, "") }

// Drop closes the connection without a close frame, like a network failure.
func (s *Socket) Drop() {
	_ = s.conn.CloseNow() // an error means that the connection is closed already
}

// describe lists the last received frames for error messages.
func (s *Socket) describe() string {
	const frames, length = 12, 300
	received := s.Frames()
	texts := []string{fmt.Sprintf("%d frames", len(received))}
	for _, frame := range received[max(0, len(received)-frames):] {
		texts = append(texts, frame.Raw[:min(length, len(frame.Raw))])
	}
	return strings.Join(texts, "\n  ")
}
