package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// wsConn is an open WebSocket of a user in a test.
type wsConn struct {
	t *testing.T
	*client.Socket
}

// connect opens a socket that is closed when the test ends.
func (u testUser) connect() wsConn {
	u.t.Helper()
	socket, err := u.Connect(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(func() { _ = socket.Close() })
	return wsConn{u.t, socket}
}

// send sends a frame.
func (c wsConn) send(frame any) {
	c.t.Helper()
	if err := c.Send(c.t.Context(), frame); err != nil {
		c.t.Fatal(err)
	}
}

// request sends a frame and waits for a reply of the given type.
func (c wsConn) request(frame any, replyType string) client.Frame {
	c.t.Helper()
	reply, err := c.Request(c.t.Context(), frame, replyType)
	return must(c.t, reply, err)
}

// await waits for a frame.
func (c wsConn) await(what string, wanted func(client.Frame) bool) client.Frame {
	c.t.Helper()
	frame, err := c.Await(c.t.Context(), what, wanted)
	return must(c.t, frame, err)
}

// awaitEntry waits for the push of one entry.
func (c wsConn) awaitEntry(ticketID string, seq int) client.Entry {
	c.t.Helper()
	frame := c.await("an entry frame", func(f client.Frame) bool {
		return f.Type == "entry" && f.Entry != nil && f.Entry.TicketID == ticketID && f.Entry.Seq == seq
	})
	return *frame.Entry
}

// subscribe subscribes to a ticket.
func (c wsConn) subscribe(ticketID string) client.Frame {
	c.t.Helper()
	return c.request(object{"action": "subscribe", "topic": "ticket:" + ticketID}, "subscribed")
}

// connectToken creates a connect token, which the API calls ticket.
func (u testUser) connectToken() client.ConnectToken {
	u.t.Helper()
	token, err := u.CreateConnectToken(u.t.Context())
	return must(u.t, token, err)
}

// socketURL returns the WebSocket URL with the given query parameters.
func (u testUser) socketURL(query url.Values) string {
	u.t.Helper()
	address, err := u.SocketURL(u.t.Context())
	must(u.t, address, err)
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// wantConnectRefused checks that connecting is refused with 401 or 403.
func wantConnectRefused(t *testing.T, what, address string, header http.Header) {
	t.Helper()
	socket, status, err := suite.api.Dial(t.Context(), address, header)
	if err == nil {
		_ = socket.Close()
	}
	if err == nil || (status != http.StatusUnauthorized && status != http.StatusForbidden) {
		t.Errorf("connect with %s: got status %d (%v), want 401 or 403", what, status, err)
	}
}

func TestConnectToken_SingleUse(t *testing.T) {
	t.Parallel()
	me := customer(t)
	token := me.connectToken()
	if ttl := time.Until(token.ExpiresAt); token.Ticket == "" || ttl > time.Minute || ttl < time.Second {
		t.Errorf("POST /realtime/tickets: got %+v, want a ticket for some 30 seconds", token)
	}
	socket, _, err := suite.api.Dial(t.Context(), token.URL, nil)
	open := wsConn{t, must(t, socket, err)}
	open.request(object{"action": "ping"}, "pong")
	wantConnectRefused(t, "a used token", token.URL, nil)
	open.request(object{"action": "ping"}, "pong")
	if err := open.Close(); err != nil {
		t.Errorf("close: got %v, want none", err)
	}
	wantConnectRefused(t, "a used token after the close", token.URL, nil)
}

func TestConnectToken_Concurrent(t *testing.T) {
	t.Parallel()
	token := customer(t).connectToken()
	const n = 6
	opened := make(chan bool, n)
	for range n {
		go func() {
			socket, _, err := suite.api.Dial(t.Context(), token.URL, nil)
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
	equal(t, "sockets opened with one token", sockets, 1)
}

func TestConnectToken_Expires(t *testing.T) {
	t.Parallel()
	token := customer(t).connectToken()
	waitUntil(t, token.ExpiresAt.Add(2*time.Second))
	wantConnectRefused(t, "an expired token", token.URL, nil)
}

func TestConnect_WithoutToken(t *testing.T) {
	t.Parallel()
	me := customer(t)
	plainURL := me.socketURL(nil)
	full, err := url.Parse(me.connectToken().URL)
	must(t, full, err)
	wantConnectRefused(t, "nothing", plainURL, nil)
	for name := range full.Query() {
		wantConnectRefused(t, "an empty token", me.socketURL(url.Values{name: {""}}), nil)
		wantConnectRefused(t, "an unknown token", me.socketURL(url.Values{name: {client.NewID()}}), nil)
		wantConnectRefused(t, "an access token as connect token", me.socketURL(url.Values{name: {me.Tokens().AccessToken}}), nil)
	}
	wantConnectRefused(t, "an invalid bearer token", plainURL, http.Header{"Authorization": {"Bearer garbage"}})
	wantConnectRefused(t, "a refresh token", plainURL, http.Header{"Authorization": {"Bearer " + me.Tokens().RefreshToken}})
}

func TestConnect_AuthorizationHeader(t *testing.T) {
	t.Parallel()
	me := customer(t)
	header := http.Header{"Authorization": {"Bearer " + me.Tokens().AccessToken}}
	socket, _, err := suite.api.Dial(t.Context(), me.socketURL(nil), header)
	open := wsConn{t, must(t, socket, err)}
	defer func() { _ = open.Close() }()
	open.request(object{"action": "ping"}, "pong")
}

func TestConnect_Origin(t *testing.T) {
	t.Parallel()
	me := customer(t)
	for _, origin := range []string{"null", "https://evil.example", suite.api.Base() + ".evil.example"} {
		token := me.connectToken()
		wantConnectRefused(t, "origin "+origin, token.URL, http.Header{"Origin": {origin}})
	}
	own, err := suite.api.Origin()
	must(t, own, err)
	sockets, err := url.Parse(me.connectToken().URL)
	must(t, sockets, err)
	for _, origin := range []string{own, strings.Replace(sockets.Scheme, "ws", "http", 1) + "://" + sockets.Host} { // some native clients send the latter
		socket, status, err := suite.api.Dial(t.Context(), me.connectToken().URL, http.Header{"Origin": {origin}})
		if err != nil {
			t.Fatalf("connect with the own origin %s: got status %d (%v), want 101", origin, status, err)
		}
		_ = socket.Close()
	}
}
