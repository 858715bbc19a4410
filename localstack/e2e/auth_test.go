package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
)

// doorCount tells the judge how many came in who should not have, and how many
// stayed out who should not have.
func doorCount(t *testing.T, name string, tries, in, out int, note string) {
	t.Helper()
	got(t, 0, verdict.Record(verdict.Line{
		Item: "auth", Name: name, Figure: fmt.Sprintf("%d tries: got in %d, locked out %d", tries, in, out), Goal: "got in 0, locked out 0",
		Holds: in == 0 && out == 0, Cause: note,
	}))
}

// guardedWrites are the routes that change something for who is signed in.
// A refresh looks at its token alone, never at a cookie.
func guardedWrites(t *testing.T) []string {
	t.Helper()
	var routes []string
	for _, r := range readRules(t) {
		method, _, _ := strings.Cut(r.route, " ")
		guarded := r.want[roleNobody][0] == 401 && r.want[roleDisabled][0] == 401 && r.route != "POST /token/refresh"
		if guarded && method != "GET" && method != "socket" && !slices.Contains(routes, r.route) {
			routes = append(routes, r.route)
		}
	}
	return routes
}

// TestAuthPagesNeedTheirToken: a foreign page can make the browser send the
// cookie, even an administrator's, but not the token that goes with it.
func TestAuthPagesNeedTheirToken(t *testing.T) {
	t.Parallel()
	boss := enter(t, "admin")
	login := func() actor {
		person, err := suite.api.Login(t.Context(), boss.Phone, client.Password)
		return actor{t, got(t, person, err)}
	}
	mine, other := browse(t, login()), browse(t, login())
	tries, in, out := 0, 0, 0
	for _, route := range guardedWrites(t) {
		method, path, _ := strings.Cut(route, " ")
		path = strings.ReplaceAll(path, "{id}", client.NewID())
		for what, token := range map[string]string{"none": "", "a wrong one": "x", "another session's": other.csrf, "the cookie": mine.set.Value} {
			answer := mine.call(method, path, object{}, client.Header("X-CSRF-Token", token))
			tries++
			if answer.Status != http.StatusForbidden || refused(t, answer, 403).Code != "csrf" {
				in++
				t.Errorf("%s with %s for a token: got %s, want 403 csrf", route, what, answer)
			}
		}
	}
	for _, p := range []*page{mine, other} {
		if answer := p.call("PATCH", "/profile", object{"name": "Leila"}); answer.Status != 200 {
			out++
			t.Errorf("PATCH /profile with the right token: got %s, want 200", answer)
		}
	}
	doorCount(t, "foreign pages with a cookie", tries, in, out, "Every route that changes something, without the page's token, with a wrong one and with another session's.")
}

// TestAuthForeignOrigins: no page of another origin opens a socket, whatever it
// carries, and none may read an answer.
func TestAuthForeignOrigins(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := browse(t, me)
	own, err := suite.api.Origin()
	got(t, own, err)
	bare := me.door(nil)
	_, host, _ := strings.Cut(own, "://")
	foreign := []string{
		"null", "https://evil.example", own + ".evil.example", own + "@evil.example", own + ":1", own + "/", "evil" + host, host,
		"https://" + host + ".evil.example", strings.ToUpper(own), own + " https://evil.example", "*", "file://",
	}
	tries, in, out := 0, 0, 0
	for _, origin := range foreign {
		for what, opens := range map[string]func() (string, http.Header){
			"a ticket": func() (string, http.Header) { return me.handshake().URL, http.Header{} },
			"a token": func() (string, http.Header) {
				return bare, http.Header{"Authorization": {"Bearer " + me.Tokens().AccessToken}}
			},
			"a cookie": func() (string, http.Header) { return bare, http.Header{"Cookie": {p.cookie}} },
		} {
			address, header := opens()
			header.Set("Origin", origin)
			tries++
			if socket, status, err := suite.api.Dial(t.Context(), address, header); err == nil {
				in++
				t.Errorf("a page of %q with %s: got status %d, want it to stay out", origin, what, status)
				_ = socket.Close()
			}
		}
		answer := p.call("GET", "/profile", nil, client.Header("Origin", origin))
		if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed == "*" || allowed == origin {
			in++
			t.Errorf("a page of %q may read answers: Access-Control-Allow-Origin is %q", origin, allowed)
		}
		tries++
	}
	for _, header := range []http.Header{{"Origin": {own}, "Cookie": {p.cookie}}, {"Authorization": {"Bearer " + me.Tokens().AccessToken}}} {
		socket, status, err := suite.api.Dial(t.Context(), bare, header)
		if err != nil {
			out++
			t.Errorf("our own page and a native client: got status %d (%v), want a socket", status, err)
			continue
		}
		_ = socket.Close()
	}
	doorCount(t, "foreign origins", tries, in, out, "Sockets with a ticket, a token and a cookie; answers that a page may read.")
}
