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

// TestConnect checks the credentials and origins that may open a connection.
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
		name, token string
		headers     map[string]string
		status      int
	}{
		{"a connect token", token(), nil, 200},
		{"a connect token from an allowed origin", token(), map[string]string{"Origin": "https://app.ir"}, 200},
		{"header name in mixed case", token(), map[string]string{"oRiGiN": "https://api.ir"}, 200},
		{"a connect token from another origin", token(), map[string]string{"Origin": "https://evil.ir"}, 403},
		{"a connect token with origin null", token(), map[string]string{"Origin": "null"}, 403},
		{"an origin with an allowed prefix", token(), map[string]string{"origin": "https://app.ir.evil.ir"}, 403},
		{"a used connect token", used, nil, 401},
		{"an unknown connect token", "x", nil, 401},
		{"an access token", "", map[string]string{"Authorization": "Bearer " + fx.token(sara)}, 200},
		{"an access token, lower-case scheme", "", map[string]string{"authorization": "bearer " + fx.token(ali)}, 200},
		{"an expired access token", "", map[string]string{"Authorization": "Bearer " + expired}, 401},
		{"another scheme", "", map[string]string{"Authorization": "Basic x"}, 401},
		{"no credentials", "", nil, 401},
	} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers, event.RequestContext.ConnectionID = c.headers, c.name
		if c.token != "" {
			event.QueryStringParameters = map[string]string{"ticket": c.token}
		}
		got, err := handler.Connect(context.Background(), event)
		if err != nil || got.StatusCode != c.status {
			t.Errorf("%s: got %d, %v, want %d", c.name, got.StatusCode, err, c.status)
		}
		if stored, opened := fx.connection(c.name); opened != (c.status == 200) || opened && (stored.Principal.UserID == "" || len(stored.Topics) != 1) {
			t.Errorf("%s: got connection %+v", c.name, stored)
		}
	}
	fx.down = true
	var event events.APIGatewayWebsocketProxyRequest
	event.Headers = map[string]string{"Authorization": "Bearer " + fx.token(sara)}
	if got, err := handler.Connect(context.Background(), event); err != nil || got.StatusCode != 500 {
		t.Errorf("store down: got %d, %v", got.StatusCode, err)
	}
}

// TestConnect_Revoked checks that a revocation applies to new connections at once, although
// the cached revocations are still fresh.
func TestConnect_Revoked(t *testing.T) {
	fx := newFixture(t)
	tokens := &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}
	handler := &ws.ConnectHandler{Tokens: tokens, Authenticator: fx.server.Authenticator, Log: fx.server.Log}
	connect := func() int {
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
	before := connect()
	must(fx.AddRevocation(t.Context(), saraID, user.Revocation{At: fx.now}))
	if after := connect(); before != 200 || after != 401 {
		t.Errorf("got %d before and %d after the revocation, want 200 and 401", before, after)
	}
}

// TestConnect_AccessTokenRejected checks that access tokens are not accepted in the URL.
func TestConnect_AccessTokenRejected(t *testing.T) {
	fx := newFixture(t)
	handler := &ws.ConnectHandler{Tokens: &realtime.ConnectTokens{Store: fx.memStore, Now: fx.server.Now, Random: rand.Reader}, Authenticator: fx.server.Authenticator, Log: fx.server.Log}
	var event events.APIGatewayWebsocketProxyRequest
	event.QueryStringParameters = map[string]string{"ticket": fx.token(sara), "token": fx.token(sara), "access_token": fx.token(sara)}
	if got, err := handler.Connect(context.Background(), event); err != nil || got.StatusCode != 401 {
		t.Errorf("got %d, %v", got.StatusCode, err)
	}
}
