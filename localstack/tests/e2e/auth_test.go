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

// recordAuthResult tells the judge how many came in who should not have, and how many
// stayed out who should not have.
func recordAuthResult(t *testing.T, name string, attempts, accepted, rejected int, note string) {
	t.Helper()
	must(t, 0, report.Record(report.Result{
		Check: "auth", Name: name, Value: fmt.Sprintf("%d tries: got in %d, locked out %d", attempts, accepted, rejected), Target: "got in 0, locked out 0",
		Pass: accepted == 0 && rejected == 0, Note: note,
	}))
}

// authenticatedWrites are the routes that change something for who is signed in.
// A refresh looks at its token alone, never at a cookie.
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

// TestAuthCSRFToken: a foreign page can make the browser send the
// cookie, even an administrator's, but not the token that goes with it.
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
			answer := mine.call(method, path, object{}, client.Header("X-CSRF-Token", token))
			attempts++
			if answer.Status != http.StatusForbidden || wantProblem(t, answer, 403).Code != "csrf" {
				accepted++
				t.Errorf("%s with %s for a token: got %s, want 403 csrf", route, what, answer)
			}
		}
	}
	for _, p := range []*browserSession{mine, other} {
		if answer := p.call("PATCH", "/profile", object{"name": "Leila"}); answer.Status != 200 {
			rejected++
			t.Errorf("PATCH /profile with the right token: got %s, want 200", answer)
		}
	}
	recordAuthResult(t, "foreign pages with a cookie", attempts, accepted, rejected, "Every route that changes something, without the page's token, with a wrong one and with another session's.")
}

// TestAuthForeignOrigins: no page of another origin opens a socket, whatever it
// carries, and none may read an answer.
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
			"a ticket": func() (string, http.Header) { return me.connectToken().URL, http.Header{} },
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
				t.Errorf("a page of %q with %s: got status %d, want it to stay out", origin, what, status)
				_ = socket.Close()
			}
		}
		answer := p.call("GET", "/profile", nil, client.Header("Origin", origin))
		if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed == "*" || allowed == origin {
			accepted++
			t.Errorf("a page of %q may read answers: Access-Control-Allow-Origin is %q", origin, allowed)
		}
		attempts++
	}
	for _, header := range []http.Header{{"Origin": {own}, "Cookie": {p.cookie}}, {"Authorization": {"Bearer " + me.Tokens().AccessToken}}} {
		socket, status, err := suite.api.Dial(t.Context(), plainURL, header)
		if err != nil {
			rejected++
			t.Errorf("our own page and a native client: got status %d (%v), want a socket", status, err)
			continue
		}
		_ = socket.Close()
	}
	recordAuthResult(t, "foreign origins", attempts, accepted, rejected, "Sockets with a ticket, a token and a cookie; answers that a page may read.")
}
