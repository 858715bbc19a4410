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
	framePatience = 90 * time.Second
	largestFrame  = 1 << 20 // bytes read in one frame from the server
)

// Frame is one frame from the server: its type and what it may carry.
type Frame struct {
	Type     string   `json:"type"`
	Topic    string   `json:"topic"`
	LastSeq  int      `json:"lastSeq"`
	Entries  []Entry  `json:"entries"`
	HasMore  bool     `json:"hasMore"`
	ClientID string   `json:"clientId"`
	TicketID string   `json:"ticketId"`
	Seq      int      `json:"seq"`
	Entry    *Entry   `json:"entry"`
	User     *Author  `json:"user"`
	Users    []Author `json:"users"`
	Ticket   *Ticket  `json:"ticket"`
	Problem  *Problem `json:"problem"`

	Notification *Notification `json:"notification"`

	At  string `json:"at"`
	Raw string `json:"-"` // the frame as it came
}

// Socket is one open connection. Frames are collected as they come, so that
// none is missed between two waits.
type Socket struct {
	conn *websocket.Conn

	mu     sync.Mutex
	frames []Frame       // not yet taken by Await
	seen   []Frame       // everything that ever came
	ended  error         // why reading stopped
	news   chan struct{} // closed and replaced at each change
}

// SocketURL is the address of the WebSocket API without a ticket in it.
func (p *Person) SocketURL(ctx context.Context) (string, error) {
	if p.API.socketURL != "" {
		return p.API.socketURL, nil
	}
	handshake, err := p.Handshake(ctx)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(handshake.URL)
	if err != nil {
		return "", fmt.Errorf("read the address of the socket: %w", err)
	}
	u.RawQuery = ""
	return u.String(), nil
}

// Handshake asks for a single-use permission to open a socket.
func (p *Person) Handshake(ctx context.Context) (Handshake, error) {
	var handshake Handshake
	err := p.call(ctx, http.MethodPost, "/realtime/tickets", nil, http.StatusCreated, &handshake)
	return handshake, err
}

// Connect opens a socket with a fresh single-use ticket.
func (p *Person) Connect(ctx context.Context) (*Socket, error) {
	handshake, err := p.Handshake(ctx)
	if err != nil {
		return nil, err
	}
	socket, status, err := p.API.Dial(ctx, handshake.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("open a socket (%d): %w", status, err)
	}
	return socket, nil
}

// Dial opens a socket at an address. The number is the handshake's HTTP
// status, 0 when there was no answer.
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
	conn.SetReadLimit(largestFrame)
	socket := &Socket{conn: conn, news: make(chan struct{})}
	go socket.read() //nolint:gosec // it outlives the handshake, whose context this is
	return socket, status, nil
}

// read collects frames until the connection ends.
func (s *Socket) read() {
	for {
		// The connection's own end ends this call; nothing else has to.
		_, text, err := s.conn.Read(context.Background())
		if err != nil {
			s.note(nil, err)
			return
		}
		frame := Frame{Raw: string(text)}
		if err := json.Unmarshal(text, &frame); err != nil {
			frame.Type = "unreadable: " + err.Error()
		}
		s.note(&frame, nil)
	}
}

func (s *Socket) note(frame *Frame, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if frame != nil {
		s.frames = append(s.frames, *frame)
		s.seen = append(s.seen, *frame)
	}
	s.ended = err
	close(s.news)
	s.news = make(chan struct{})
}

// Send sends one frame: Raw as it is, everything else as JSON.
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

// Await waits for a frame and takes it; what says in words which one.
func (s *Socket) Await(ctx context.Context, what string, wanted func(Frame) bool) (Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, framePatience)
	defer cancel()
	for {
		frame, found, news, ended := s.take(wanted)
		if found {
			return frame, nil
		}
		if ended != nil {
			return Frame{}, fmt.Errorf("wait for %s: the socket ended: %w; it got %s", what, ended, s.show())
		}
		select {
		case <-news:
		case <-ctx.Done():
			return Frame{}, fmt.Errorf("wait for %s: not within %s; the socket got %s", what, framePatience, s.show())
		}
	}
}

func (s *Socket) take(wanted func(Frame) bool) (frame Frame, found bool, news <-chan struct{}, ended error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, frame := range s.frames {
		if wanted(frame) {
			s.frames = append(s.frames[:i:i], s.frames[i+1:]...)
			return frame, true, nil, nil
		}
	}
	return Frame{}, false, s.news, s.ended
}

// Ask sends a frame and waits for the first answer of a type.
func (s *Socket) Ask(ctx context.Context, frame any, answer string) (Frame, error) {
	if err := s.Send(ctx, frame); err != nil {
		return Frame{}, err
	}
	return s.Await(ctx, "a frame of type "+answer, func(f Frame) bool { return f.Type == answer })
}

// Seen lists every frame that came so far.
func (s *Socket) Seen() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Frame(nil), s.seen...)
}

// AwaitEnd waits until the server ends the connection and returns the status
// with which it did (RFC 6455, section 7.4), -1 when it gave none.
func (s *Socket) AwaitEnd(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, framePatience)
	defer cancel()
	for {
		_, _, news, ended := s.take(func(Frame) bool { return false })
		if ended != nil {
			return int(websocket.CloseStatus(ended)), nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for the end of the socket: not within %s", framePatience)
		}
	}
}

// Close ends the connection politely.
func (s *Socket) Close() error { return s.conn.Close(websocket.StatusNormalClosure, "") }

// Cut ends the connection as a network does that goes away.
func (s *Socket) Cut() {
	_ = s.conn.CloseNow() // an error means that it has ended
}

// show lists the last frames that came, for messages of failure.
func (s *Socket) show() string {
	const frames, length = 12, 300
	seen := s.Seen()
	texts := []string{fmt.Sprintf("%d frames", len(seen))}
	for _, frame := range seen[max(0, len(seen)-frames):] {
		texts = append(texts, frame.Raw[:min(length, len(frame.Raw))])
	}
	return strings.Join(texts, "\n  ")
}
