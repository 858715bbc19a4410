package api_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

func TestMakePass(t *testing.T) {
	h := newHouse(t)
	door := &realtime.Door{Store: h.shop, Now: h.server.Now, Random: rand.Reader}
	got := h.send(t, api.MakePass(door, "wss://live"), sara, call(http.MethodPost, "/realtime/tickets", ""))
	pass, _ := got.body["ticket"].(string)
	if got.status != 201 || pass == "" || got.body["url"] != "wss://live?ticket="+url.QueryEscape(pass) || got.body["expiresAt"] != "2026-03-21T12:00:30.000Z" {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

// TestConnect: who may open a socket, from where, and with what.
func TestConnect(t *testing.T) {
	h := newHouse(t)
	door := &realtime.Door{Store: h.shop, Now: h.server.Now, Random: rand.Reader}
	entrance := &api.Entrance{Door: door, Gate: h.server.Gate, Origins: []string{"https://app.ir", "https://api.ir"}, Log: h.server.Log}
	expired := h.token(sara)
	h.now = h.now.Add(20 * time.Minute)
	pass := func() string {
		pass, _, err := door.Pass(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		return pass
	}
	used := pass()
	if _, err := door.Redeem(context.Background(), used); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, pass string
		headers    map[string]string
		status     int
	}{
		{"a pass", pass(), nil, 200},
		{"a pass from an allowed page", pass(), map[string]string{"Origin": "https://app.ir"}, 200},
		{"the name of a header in any case", pass(), map[string]string{"oRiGiN": "https://api.ir"}, 200},
		{"a pass from another page", pass(), map[string]string{"Origin": "https://evil.ir"}, 403},
		{"a pass from no page", pass(), map[string]string{"Origin": "null"}, 403},
		{"a page that begins alike", pass(), map[string]string{"origin": "https://app.ir.evil.ir"}, 403},
		{"a used pass", used, nil, 401},
		{"a guessed pass", "x", nil, 401},
		{"a token", "", map[string]string{"Authorization": "Bearer " + h.token(sara)}, 200},
		{"a token in lower case", "", map[string]string{"authorization": "bearer " + h.token(ali)}, 200},
		{"an expired token", "", map[string]string{"Authorization": "Bearer " + expired}, 401},
		{"another scheme", "", map[string]string{"Authorization": "Basic x"}, 401},
		{"nothing", "", nil, 401},
	} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers, event.RequestContext.ConnectionID = c.headers, c.name
		if c.pass != "" {
			event.QueryStringParameters = map[string]string{"ticket": c.pass}
		}
		got, err := entrance.Connect(context.Background(), event)
		if err != nil || got.StatusCode != c.status {
			t.Errorf("%s: got %d, %v, want %d", c.name, got.StatusCode, err, c.status)
		}
		if held, opened := h.connections[c.name]; opened != (c.status == 200) || opened && (held.Who.UserID == "" || len(held.Topics) != 1) {
			t.Errorf("%s: got the connection %+v", c.name, held)
		}
	}
	h.broken = true
	var event events.APIGatewayWebsocketProxyRequest
	event.Headers = map[string]string{"Authorization": "Bearer " + h.token(sara)}
	if got, err := entrance.Connect(context.Background(), event); err != nil || got.StatusCode != 500 {
		t.Errorf("no answer: got %d, %v", got.StatusCode, err)
	}
}

// TestNoSocketForTheRevoked: what was revoked a moment ago opens no socket, though
// the copy that requests are checked by is not old enough to be read anew.
func TestNoSocketForTheRevoked(t *testing.T) {
	h := newHouse(t)
	door := &realtime.Door{Store: h.shop, Now: h.server.Now, Random: rand.Reader}
	entrance := &api.Entrance{Door: door, Gate: h.server.Gate, Log: h.server.Log}
	opens := func() int {
		pass, _, err := door.Pass(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		var event events.APIGatewayWebsocketProxyRequest
		event.QueryStringParameters = map[string]string{"ticket": pass}
		got, err := entrance.Connect(context.Background(), event)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode
	}
	before := opens()
	h.revoked[saraID] = []user.Revocation{{At: h.now}}
	if after := opens(); before != 200 || after != 401 {
		t.Errorf("got %d and then %d, want 200 and 401", before, after)
	}
}

// TestATokenIsNoPass: never an access token in an address.
func TestATokenIsNoPass(t *testing.T) {
	h := newHouse(t)
	entrance := &api.Entrance{Door: &realtime.Door{Store: h.shop, Now: h.server.Now, Random: rand.Reader}, Gate: h.server.Gate, Log: h.server.Log}
	var event events.APIGatewayWebsocketProxyRequest
	event.QueryStringParameters = map[string]string{"ticket": h.token(sara), "token": h.token(sara), "access_token": h.token(sara)}
	if got, err := entrance.Connect(context.Background(), event); err != nil || got.StatusCode != 401 {
		t.Errorf("got %d, %v", got.StatusCode, err)
	}
}
