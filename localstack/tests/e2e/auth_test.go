package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// recordAuthResult writes the numbers of wrongly accepted and wrongly rejected requests
// to the quality report.
func recordAuthResult(t *testing.T, name string, attempts, accepted, rejected int, note string) {
	t.Helper()
	must(t, 0, report.Record(report.Result{
		Check: "auth", Name: name, Value: fmt.Sprintf("%d tries: wrongly accepted %d, wrongly rejected %d", attempts, accepted, rejected), Target: "wrongly accepted 0, wrongly rejected 0",
		Pass: accepted == 0 && rejected == 0, Note: note,
	}))
}

// authenticatedWrites returns the routes that change data of the authenticated user. A
// refresh uses its token only, never a cookie.
func authenticatedWrites(t *testing.T) []string {
	t.Helper()
	var routes []string
	for _, r := range readRules(t) {
		method, _, _ := strings.Cut(r.route, " ")
		guarded := r.want[roleAnonymous][0] == 401 && r.want[roleDisabled][0] == 401 && r.route != "POST /token/refresh"
		if guarded && method != "GET" && method != "socket" && !slices.Contains(routes, r.route) {
			routes = append(routes, r.route)
		}
	}
	return routes
}

// TestAuthCSRFToken checks that a request with the session cookie and without its CSRF
// token is rejected, also for administrators.
func TestAuthCSRFToken(t *testing.T) {
	t.Parallel()
	admin := createUser(t, "admin")
	login := func() testUser {
		user, err := suite.api.Login(t.Context(), admin.Phone, client.Password)
		return testUser{t, must(t, user, err)}
	}
	mine, other := newBrowserSession(t, login()), newBrowserSession(t, login())
	attempts, accepted, rejected := 0, 0, 0
	for _, route := range authenticatedWrites(t) {
		method, path, _ := strings.Cut(route, " ")
		path = strings.ReplaceAll(path, "{id}", client.NewID())
		for what, token := range map[string]string{"none": "", "a wrong one": "x", "another session's": other.csrf, "the cookie": mine.setCookie.Value} {
			response := mine.call(method, path, object{}, client.Header("X-CSRF-Token", token))
			attempts++
			if response.Status != http.StatusForbidden || wantProblem(t, response, 403).Code != "csrf" {
				accepted++
				t.Errorf("%s with %s as CSRF token: got %s, want 403 csrf", route, what, response)
			}
		}
	}
	for _, p := range []*browserSession{mine, other} {
		if response := p.call("PATCH", "/profile", object{"name": "Leila"}); response.Status != 200 {
			rejected++
			t.Errorf("PATCH /profile with the right CSRF token: got %s, want 200", response)
		}
	}
	recordAuthResult(t, "cross-site requests with a cookie", attempts, accepted, rejected, "Every route that changes data, without the CSRF token, with a wrong one and with another session's.")
}

// TestAuthForeignOrigins checks that a page of another origin can neither open a
// socket, with any credentials, nor read a response.
func TestAuthForeignOrigins(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := newBrowserSession(t, me)
	own, err := suite.api.Origin()
	must(t, own, err)
	plainURL := me.socketURL(nil)
	_, host, _ := strings.Cut(own, "://")
	foreign := []string{
		"null", "https://evil.example", own + ".evil.example", own + "@evil.example", own + ":1", own + "/", "evil" + host, host,
		"https://" + host + ".evil.example", strings.ToUpper(own), own + " https://evil.example", "*", "file://",
	}
	attempts, accepted, rejected := 0, 0, 0
	for _, origin := range foreign {
		for what, opens := range map[string]func() (string, http.Header){
			"a connect token": func() (string, http.Header) { return me.connectToken().URL, http.Header{} },
			"a token": func() (string, http.Header) {
				return plainURL, http.Header{"Authorization": {"Bearer " + me.Tokens().AccessToken}}
			},
			"a cookie": func() (string, http.Header) { return plainURL, http.Header{"Cookie": {p.cookie}} },
		} {
			address, header := opens()
			header.Set("Origin", origin)
			attempts++
			if socket, status, err := suite.api.Dial(t.Context(), address, header); err == nil {
				accepted++
				t.Errorf("origin %q with %s: got status %d, want a rejection", origin, what, status)
				_ = socket.Close()
			}
		}
		response := p.call("GET", "/profile", nil, client.Header("Origin", origin))
		if allowed := response.Header.Get("Access-Control-Allow-Origin"); allowed == "*" || allowed == origin {
			accepted++
			t.Errorf("origin %q may read responses: Access-Control-Allow-Origin is %q", origin, allowed)
		}
		attempts++
	}
	for _, header := range []http.Header{{"Origin": {own}, "Cookie": {p.cookie}}, {"Authorization": {"Bearer " + me.Tokens().AccessToken}}} {
		socket, status, err := suite.api.Dial(t.Context(), plainURL, header)
		if err != nil {
			rejected++
			t.Errorf("allowed origin or native client: got status %d (%v), want a socket", status, err)
			continue
		}
		_ = socket.Close()
	}
	recordAuthResult(t, "foreign origins", attempts, accepted, rejected, "Sockets with a connect token, an access token and a cookie; responses that a page may read.")
}
