package api_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/realtime"
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
