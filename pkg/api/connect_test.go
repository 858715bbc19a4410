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
	"ticketsystem/pkg/ws"
)

func TestCreateConnectToken(t *testing.T) {
	fx := newFixture(t)
	tokens := &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}
	got := fx.send(t, api.CreateConnectToken(tokens, "wss://live"), sara, newRequest(http.MethodPost, "/realtime/tickets", ""))
	token, _ := got.body["ticket"].(string)
	if got.status != 201 || token == "" || got.body["url"] != "wss://live?ticket="+url.QueryEscape(token) || got.body["expiresAt"] != "2026-03-21T12:00:30.000Z" {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

// TestConnect: who may open a socket, from where, and with what.
func TestConnect(t *testing.T) {
	fx := newFixture(t)
	tokens := &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}
	handler := &ws.ConnectHandler{Tokens: tokens, Authenticator: fx.server.Authenticator, AllowedOrigins: []string{"https://app.ir", "https://api.ir"}, Log: fx.server.Log}
	expired := fx.token(sara)
	fx.now = fx.now.Add(20 * time.Minute)
	token := func() string {
		token, _, err := tokens.Issue(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	used := token()
	if _, err := tokens.Redeem(context.Background(), used); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, pass string
		headers    map[string]string
		status     int
	}{
		{"a pass", token(), nil, 200},
		{"a pass from an allowed page", token(), map[string]string{"Origin": "https://app.ir"}, 200},
		{"the name of a header in any case", token(), map[string]string{"oRiGiN": "https://api.ir"}, 200},
		{"a pass from another page", token(), map[string]string{"Origin": "https://evil.ir"}, 403},
		{"a pass from no page", token(), map[string]string{"Origin": "null"}, 403},
		{"a page that begins alike", token(), map[string]string{"origin": "https://app.ir.evil.ir"}, 403},
		{"a used pass", used, nil, 401},
		{"a guessed pass", "x", nil, 401},
		{"a token", "", map[string]string{"Authorization": "Bearer " + fx.token(sara)}, 200},
		{"a token in lower case", "", map[string]string{"authorization": "bearer " + fx.token(ali)}, 200},
		{"an expired token", "", map[string]string{"Authorization": "Bearer " + expired}, 401},
		{"another scheme", "", map[string]string{"Authorization": "Basic x"}, 401},
		{"nothing", "", nil, 401},
	} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers, event.RequestContext.ConnectionID = c.headers, c.name
		if c.pass != "" {
			event.QueryStringParameters = map[string]string{"ticket": c.pass}
		}
		got, err := handler.Connect(context.Background(), event)
		if err != nil || got.StatusCode != c.status {
			t.Errorf("%s: got %d, %v, want %d", c.name, got.StatusCode, err, c.status)
		}
		if held, opened := fx.connections[c.name]; opened != (c.status == 200) || opened && (held.Principal.UserID == "" || len(held.Topics) != 1) {
			t.Errorf("%s: got the connection %+v", c.name, held)
		}
	}
	fx.down = true
	var event events.APIGatewayWebsocketProxyRequest
	event.Headers = map[string]string{"Authorization": "Bearer " + fx.token(sara)}
	if got, err := handler.Connect(context.Background(), event); err != nil || got.StatusCode != 500 {
		t.Errorf("no answer: got %d, %v", got.StatusCode, err)
	}
}

// TestConnect_Revoked: what was revoked a moment ago opens no socket, though
// the copy that requests are checked by is not old enough to be read anew.
func TestConnect_Revoked(t *testing.T) {
	fx := newFixture(t)
	tokens := &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}
	handler := &ws.ConnectHandler{Tokens: tokens, Authenticator: fx.server.Authenticator, Log: fx.server.Log}
	opens := func() int {
		token, _, err := tokens.Issue(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		var event events.APIGatewayWebsocketProxyRequest
		event.QueryStringParameters = map[string]string{"ticket": token}
		got, err := handler.Connect(context.Background(), event)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode
	}
	before := opens()
	fx.revoked[saraID] = []user.Revocation{{At: fx.now}}
	if after := opens(); before != 200 || after != 401 {
		t.Errorf("got %d and then %d, want 200 and 401", before, after)
	}
}

// TestConnect_AccessTokenRejected: never an access token in an address.
func TestConnect_AccessTokenRejected(t *testing.T) {
	fx := newFixture(t)
	handler := &ws.ConnectHandler{Tokens: &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}, Authenticator: fx.server.Authenticator, Log: fx.server.Log}
	var event events.APIGatewayWebsocketProxyRequest
	event.QueryStringParameters = map[string]string{"ticket": fx.token(sara), "token": fx.token(sara), "access_token": fx.token(sara)}
	if got, err := handler.Connect(context.Background(), event); err != nil || got.StatusCode != 401 {
		t.Errorf("got %d, %v", got.StatusCode, err)
	}
}
