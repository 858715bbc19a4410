package ws_test

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// TestConnect checks the credentials and origins that may open a connection.
func TestConnect(t *testing.T) {
	fx := newFixture(t)
	expired := fx.token(sara)
	fx.now = fx.now.Add(20 * time.Minute)
	token := func() string {
		token, _, err := fx.connect.Tokens.Issue(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	used := token()
	if _, err := fx.connect.Tokens.Redeem(context.Background(), used); err != nil {
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
		{"a connect token with origin null", token(), map[string]string{"Origin": "null", "Host": ""}, 403},
		{"a native client that sends the address of the API", token(), map[string]string{"Origin": "https://sockets.ir", "Host": "sockets.ir"}, 200},
		{"another port", token(), map[string]string{"Origin": "http://localhost:3009", "Host": "localhost:3001"}, 403},
		{"the address of the API with a path", token(), map[string]string{"Origin": "http://localhost:3001/", "Host": "localhost:3001"}, 403},
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
		got, err := fx.connect.Connect(context.Background(), event)
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
	if got, err := fx.connect.Connect(context.Background(), event); err != nil || got.StatusCode != 500 {
		t.Errorf("store down: got %d, %v", got.StatusCode, err)
	}
}

// TestConnect_Revoked checks that a revocation applies to new connections at once, although
// the cached revocations are still fresh.
func TestConnect_Revoked(t *testing.T) {
	fx := newFixture(t)
	connect := func() int {
		token, _, err := fx.connect.Tokens.Issue(context.Background(), sara)
		if err != nil {
			t.Fatal(err)
		}
		var event events.APIGatewayWebsocketProxyRequest
		event.QueryStringParameters = map[string]string{"ticket": token}
		got, err := fx.connect.Connect(context.Background(), event)
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

// TestConnect_EndedSession checks that credentials of an ended session open no connection, also
// if the session ends while the connection is being stored.
func TestConnect_EndedSession(t *testing.T) {
	for name, end := range map[string]func(fx *fixture) error{
		"logged out": func(fx *fixture) error {
			_, err := fx.EndSession(t.Context(), saraID, "s1", fx.now)
			return err
		},
		"deleted":  func(fx *fixture) error { return fx.DeleteSessions(t.Context(), saraID) },
		"disabled": func(fx *fixture) error { return fx.AddRevocation(t.Context(), saraID, user.Revocation{At: fx.now}) },
	} {
		for _, moment := range []string{"RevocationsSince", "AddConnection"} {
			fx := newFixture(t)
			connectToken, _, err := fx.connect.Tokens.Issue(t.Context(), sara)
			must(err)
			for what, event := range map[string]events.APIGatewayWebsocketProxyRequest{
				"connect token": {QueryStringParameters: map[string]string{"ticket": connectToken}},
				"access token":  {Headers: map[string]string{"Authorization": "Bearer " + fx.token(sara)}},
			} {
				event.RequestContext.ConnectionID = what
				fx.Before = func(operation, _ string) error {
					if operation != moment {
						return nil
					}
					fx.Before = nil
					return end(fx)
				}
				got, err := fx.connect.Connect(t.Context(), event)
				if _, stored := fx.connection(what); err != nil || got.StatusCode != 401 || stored || len(must2(fx.Subscribers(t.Context(), realtime.UserTopic(saraID)))) != 2 {
					t.Errorf("%s, ended at %s, with a %s: got %d, %v, stored %v, want 401", name, moment, what, got.StatusCode, err, stored)
				}
			}
		}
	}
}

// TestConnect_AccessTokenRejected checks that access tokens are not accepted in the URL.
func TestConnect_AccessTokenRejected(t *testing.T) {
	fx := newFixture(t)
	var event events.APIGatewayWebsocketProxyRequest
	event.QueryStringParameters = map[string]string{"ticket": fx.token(sara), "token": fx.token(sara), "access_token": fx.token(sara)}
	if got, err := fx.connect.Connect(context.Background(), event); err != nil || got.StatusCode != 401 {
		t.Errorf("got %d, %v", got.StatusCode, err)
	}
}

// sessionCookie logs Sara in and returns her session cookie.
func sessionCookie(t *testing.T, fx *fixture) string {
	t.Helper()
	now := func() time.Time { return fx.now }
	hash, err := auth.Hash("correct-horse-7", rand.Reader)
	must(err)
	must(fx.PutAccount(t.Context(), account.Login{Phone: "+989121234567", Hash: hash, User: user.User{ID: saraID, Phone: "+989121234567", Role: user.RoleUser}}))
	newID := id.NewGenerator(now, rand.Reader)
	otp := &account.OTP{
		Store: fx.memStore, Limiter: &account.RateLimiter{CounterStore: fx.memStore, Key: fx.key, PerClient: 100, Now: now}, Devices: &account.Devices{Key: fx.key, Now: now},
		Key: fx.key, DefaultRegion: "IR", Now: now, Random: rand.Reader,
	}
	accounts := &account.Auth{
		Store: fx.memStore, OTP: otp, Passwords: &account.Passwords{Store: fx.memStore, Limiter: otp.Limiter, Devices: otp.Devices, Full: &account.FullCounters{}},
		Sessions: &account.SessionTokens{Store: fx.memStore, Key: fx.key, Now: now, NewID: newID, Random: rand.Reader},
		Now:      now, NewID: newID, Random: rand.Reader,
		Issuer: func(context.Context) (*auth.Issuer, error) { return fx.issuer, nil },
	}
	tokens, err := accounts.LogIn(t.Context(), "+989121234567", "correct-horse-7", account.Caller{IP: "1.2.3.4", UseCookie: true})
	must(err)
	return tokens.Cookie
}

// TestConnect_Cookie checks that only pages of an allowed origin connect with a cookie, and that
// this does not extend the session: the response cannot renew the cookie.
func TestConnect_Cookie(t *testing.T) {
	fx := newFixture(t)
	cookie := sessionCookie(t, fx)
	signedIn := fx.now
	fx.now = fx.now.Add(2 * time.Hour)
	for name, c := range map[string]struct {
		cookie, origin string
		status         int
	}{
		"allowed origin":   {"a=b; __Host-session=" + cookie, "https://app.ir", 200},
		"other origin":     {"__Host-session=" + cookie, "https://evil.ir", 403},
		"no origin":        {"__Host-session=" + cookie, "", 401},
		"an ended session": {"__Host-session=x", "https://app.ir", 401},
		"no cookie":        {"", "https://app.ir", 401},
	} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers = map[string]string{"Cookie": c.cookie, "X-Forwarded-Proto": "https"}
		if c.origin != "" {
			event.Headers["Origin"] = c.origin
		}
		event.RequestContext.ConnectionID = name
		if got, err := fx.connect.Connect(context.Background(), event); err != nil || got.StatusCode != c.status {
			t.Errorf("%s: got %d, %v, want %d", name, got.StatusCode, err, c.status)
		}
	}
	sessions, _, err := fx.ListSessions(t.Context(), saraID, "", 10)
	if err != nil || !slices.ContainsFunc(sessions, func(s account.Session) bool { return s.CurrentHash != "" && s.LastUsedAt.Equal(signedIn) }) {
		t.Errorf("got sessions %+v, %v, want the last use at %v", sessions, err, signedIn)
	}
}
