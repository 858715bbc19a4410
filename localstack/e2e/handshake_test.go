package e2e

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

// line is one person's open socket in a test.
type line struct {
	t *testing.T
	*client.Socket
}

// connect opens a socket that ends with the test.
func (a actor) connect() line {
	a.t.Helper()
	socket, err := a.Connect(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = socket.Close() })
	return line{a.t, socket}
}

// send sends a frame.
func (l line) send(frame any) {
	l.t.Helper()
	if err := l.Send(l.t.Context(), frame); err != nil {
		l.t.Fatal(err)
	}
}

// ask sends a frame and waits for an answer of a type.
func (l line) ask(frame any, answer string) client.Frame {
	l.t.Helper()
	reply, err := l.Ask(l.t.Context(), frame, answer)
	return got(l.t, reply, err)
}

// await waits for a frame.
func (l line) await(what string, wanted func(client.Frame) bool) client.Frame {
	l.t.Helper()
	frame, err := l.Await(l.t.Context(), what, wanted)
	return got(l.t, frame, err)
}

// awaitEntry waits for the push of one entry.
func (l line) awaitEntry(ticketID string, seq int) client.Entry {
	l.t.Helper()
	frame := l.await("an entry", func(f client.Frame) bool {
		return f.Type == "entry" && f.Entry != nil && f.Entry.TicketID == ticketID && f.Entry.Seq == seq
	})
	return *frame.Entry
}

// subscribe subscribes to a ticket.
func (l line) subscribe(ticketID string) client.Frame {
	l.t.Helper()
	return l.ask(object{"action": "subscribe", "topic": "ticket:" + ticketID}, "subscribed")
}

// handshake asks for a single-use permission.
func (a actor) handshake() client.Handshake {
	a.t.Helper()
	handshake, err := a.Handshake(a.t.Context())
	return got(a.t, handshake, err)
}

// door is the socket's address with other query parameters.
func (a actor) door(query url.Values) string {
	a.t.Helper()
	address, err := a.SocketURL(a.t.Context())
	got(a.t, address, err)
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// shut wants a handshake to be refused with 401 or 403.
func shut(t *testing.T, what, address string, header http.Header) {
	t.Helper()
	socket, status, err := suite.api.Dial(t.Context(), address, header)
	if err == nil {
		_ = socket.Close()
	}
	if err == nil || (status != http.StatusUnauthorized && status != http.StatusForbidden) {
		t.Errorf("handshake with %s: got status %d (%v), want 401 or 403", what, status, err)
	}
}

func TestSocketTicketWorksOnce(t *testing.T) {
	t.Parallel()
	me := customer(t)
	handshake := me.handshake()
	if life := time.Until(handshake.ExpiresAt); handshake.Ticket == "" || life > time.Minute || life < time.Second {
		t.Errorf("POST /realtime/tickets: got %+v, want a ticket for some 30 seconds", handshake)
	}
	socket, _, err := suite.api.Dial(t.Context(), handshake.URL, nil)
	open := line{t, got(t, socket, err)}
	open.ask(object{"action": "ping"}, "pong")
	shut(t, "a used ticket", handshake.URL, nil)
	open.ask(object{"action": "ping"}, "pong")
	if err := open.Close(); err != nil {
		t.Errorf("close: got %v, want none", err)
	}
	shut(t, "a used ticket after the close", handshake.URL, nil)
}

func TestSocketTicketAtOnceWorksOnce(t *testing.T) {
	t.Parallel()
	handshake := customer(t).handshake()
	const n = 6
	opened := make(chan bool, n)
	for range n {
		go func() {
			socket, _, err := suite.api.Dial(t.Context(), handshake.URL, nil)
			if err == nil {
				defer func() { _ = socket.Close() }()
			}
			opened <- err == nil
		}()
	}
	sockets := 0
	for range n {
		if <-opened {
			sockets++
		}
	}
	same(t, "sockets opened with one ticket", sockets, 1)
}

func TestSocketTicketExpires(t *testing.T) {
	t.Parallel()
	handshake := customer(t).handshake()
	waitUntil(t, handshake.ExpiresAt.Add(2*time.Second))
	shut(t, "an expired ticket", handshake.URL, nil)
}

func TestSocketWantsATicket(t *testing.T) {
	t.Parallel()
	me := customer(t)
	bare := me.door(nil)
	full, err := url.Parse(me.handshake().URL)
	got(t, full, err)
	shut(t, "nothing", bare, nil)
	for name := range full.Query() {
		shut(t, "an empty ticket", me.door(url.Values{name: {""}}), nil)
		shut(t, "an unknown ticket", me.door(url.Values{name: {client.NewID()}}), nil)
		shut(t, "an access token for a ticket", me.door(url.Values{name: {me.Tokens().AccessToken}}), nil)
	}
	shut(t, "a bad token", bare, http.Header{"Authorization": {"Bearer garbage"}})
	shut(t, "a refresh token", bare, http.Header{"Authorization": {"Bearer " + me.Tokens().RefreshToken}})
}

func TestNativeClientMaySendItsToken(t *testing.T) {
	t.Parallel()
	me := customer(t)
	header := http.Header{"Authorization": {"Bearer " + me.Tokens().AccessToken}}
	socket, _, err := suite.api.Dial(t.Context(), me.door(nil), header)
	open := line{t, got(t, socket, err)}
	defer func() { _ = open.Close() }()
	open.ask(object{"action": "ping"}, "pong")
}

func TestOriginsOfSockets(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for _, origin := range []string{"null", "https://evil.example", suite.api.Base() + ".evil.example"} {
		handshake := me.handshake()
		shut(t, "origin "+origin, handshake.URL, http.Header{"Origin": {origin}})
	}
	own, err := suite.api.Origin()
	got(t, own, err)
	socket, status, err := suite.api.Dial(t.Context(), me.handshake().URL, http.Header{"Origin": {own}})
	if err != nil {
		t.Fatalf("handshake with the API's own origin %s: got status %d (%v), want 101", own, status, err)
	}
	_ = socket.Close()
}
