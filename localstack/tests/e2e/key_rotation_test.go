package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// rotationTimeout bounds the time until a new key signs: 30 s, and a minute until each
// instance has read it.
const rotationTimeout = 5 * time.Minute

// TestRotateKey replaces the signing key under the traffic of the whole suite. No request of a
// user is refused, tokens of the old key stay valid, and cursors, refresh tokens and browser
// sessions do not depend on the key.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("functions can be invoked through the local stack only")
		return
	}
	me := customer(t)
	browser := newBrowserSession(t, me)
	me.openTicket(object{"title": "first"})
	me.openTicket(object{"title": "second"})
	oldKey, oldToken := keyOf(t, me.Tokens().AccessToken), me.Tokens().AccessToken
	var page client.List[client.Ticket]
	me.get("/tickets?limit=1", &page)

	stop := make(chan struct{})
	var traffic sync.WaitGroup
	traffic.Go(func() { useSession(t, me, stop) })
	var report struct {
		Kid    string
		OldKid string `json:"old_kid"`
	}
	if err := suite.api.InvokeFunction(t.Context(), "signing-key-rotate", object{}, &report); err != nil {
		t.Fatal(err)
	}
	equal(t, "the old key", report.OldKid, oldKey)
	if err := suite.api.InvokeFunction(t.Context(), "signing-key-rotate", object{}, nil); err == nil {
		t.Error("a second rotation began before the first had ended")
	}
	tokens := me.Tokens()
	for deadline := time.Now().Add(rotationTimeout); keyOf(t, tokens.AccessToken) != report.Kid; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatalf("key %s does not sign after %s", report.Kid, rotationTimeout)
		}
		wantStatus(t, refresh(t, tokens.RefreshToken), 200, &tokens)
	}
	close(stop)
	traffic.Wait()
	for _, token := range []string{oldToken, tokens.AccessToken} {
		wantStatus(t, anonymous(t, "GET", "/profile", nil, client.Header("Authorization", "Bearer "+token)), 200, nil)
	}
	me.get("/tickets?limit=1&cursor="+url.QueryEscape(page.Page.Next), &page)
	equal(t, "tickets after the cursor", len(page.Data), 1)
	wantStatus(t, browser.call("GET", "/profile", nil), 200, nil)
}

// useSession sends requests until stop is closed.
func useSession(t *testing.T, me testUser, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Millisecond):
		}
		if response, err := me.Do(t.Context(), "GET", "/profile", nil); err != nil || response.Status != 200 {
			t.Errorf("GET /profile: got %s, %v", response, err)
		}
	}
}

// keyOf returns the id of the key that signed a token.
func keyOf(t *testing.T, token string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	var header struct{ Kid string }
	must(t, text, err)
	must(t, &header, json.Unmarshal(text, &header))
	return header.Kid
}
