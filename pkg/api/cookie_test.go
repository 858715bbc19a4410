package api_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// loginWithCookie logs Sara in with a session cookie and returns its value.
func loginWithCookie(t *testing.T, m *memAccounts, accounts accountServices, proto string) (cookie string, got response, set []string) {
	t.Helper()
	m.server.Authenticator.Cookies, m.server.Authenticator.Now = m, m.server.Now
	hash, err := auth.Hash("correct-horse-7", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m.putSara(hash, "")
	request := newRequest(http.MethodPost, "/login", `{"phone":"09121234567","password":"correct-horse-7","session":"cookie"}`).with("x-forwarded-proto", proto)
	request.RequestContext.HTTP.UserAgent = "Fire\u202efox\u0007"
	out, err := m.server.HTTP(api.LogIn(accounts.auth))(context.Background(), request.APIGatewayV2HTTPRequest)
	if err != nil || out.StatusCode != 200 || len(out.Cookies) != 2 {
		t.Fatalf("login: got %d %s %v, %v", out.StatusCode, out.Body, out.Cookies, err)
	}
	_, rest, _ := strings.Cut(out.Cookies[0], "=")
	cookie, _, _ = strings.Cut(rest, ";")
	return cookie, parseResponse(t, out), out.Cookies
}

func TestLogIn_Cookie(t *testing.T) {
	for proto, want := range map[string]string{
		"https": "__Host-session=%; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax",
		"http":  "session=%; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
	} {
		m, accounts := newMemAccounts(t)
		cookie, got, set := loginWithCookie(t, m, accounts, proto)
		if sessions, _, err := m.ListSessions(t.Context(), saraID, "", 2); err != nil || len(sessions) != 1 || sessions[0].UserAgent != "Firefox" {
			t.Errorf("got sessions %+v, %v, want one of Firefox", sessions, err)
		}
		if set[0] != strings.Replace(want, "%", cookie, 1) {
			t.Errorf("%s: got %s", proto, set[0])
		}
		if device := regexp.MustCompile("^" + strings.NewReplacer("session=%", "device=[\\w-]{64}", "2592000", "34560000").Replace(want) + "$"); !device.MatchString(set[1]) {
			t.Errorf("%s: got %s, want %s", proto, set[1], device)
		}
		if got.body["csrfToken"] != account.CSRFToken(cookie) || got.body["accessToken"] != nil || got.body["refreshToken"] != nil || got.field("user", "id") != saraID || strings.Contains(got.text, cookie) {
			t.Errorf("%s: got %s", proto, got.text)
		}
	}
	m, accounts := newMemAccounts(t)
	got := m.send(t, api.LogIn(accounts.auth), user.Principal{}, newRequest(http.MethodPost, "/login", `{"phone":"09121234567","password":"x","session":"tab"}`))
	if got.status != 422 || got.fieldErrors()[0] != "/session not_allowed" {
		t.Errorf("unknown session kind: got %d %v", got.status, got.fieldErrors())
	}
}

// TestLogIn_CookieOrigin checks that pages of foreign origins cannot set the session cookie, at
// login and at sign-up (whose code is locked in this fixture).
func TestLogIn_CookieOrigin(t *testing.T) {
	m, accounts := newMemAccounts(t)
	m.server.AllowedOrigins = []string{"https://app.example"}
	hash, err := auth.Hash("correct-horse-7", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m.putSara(hash, "")
	for _, c := range []struct{ session, origin, want, site string }{
		{session: `,"session":"cookie"`},
		{session: `,"session":"cookie"`, origin: "https://app.example"},
		{session: `,"session":"cookie"`, origin: "https://app.example", site: "same-site"},
		{session: `,"session":"cookie"`, origin: "https://app.example", want: "origin_not_allowed", site: "cross-site"},
		{session: `,"session":"cookie"`, origin: "https://api.example"},
		{session: `,"session":"cookie"`, origin: "https://api.example", site: "same-origin"},
		{origin: "https://app.example", site: "cross-site"},
		{session: `,"session":"cookie"`, origin: "https://evil.example", want: "origin_not_allowed"},
		{session: `,"session":"cookie"`, origin: "null", want: "origin_not_allowed"},
		{session: `,"session":"cookie"`, origin: "http://api.example", want: "origin_not_allowed"},
		{session: `,"session":"cookie"`, origin: "https://api.example.evil", want: "origin_not_allowed"},
		{session: `,"session":"cookie"`, origin: "https://api.example:8443", want: "origin_not_allowed"},
		{origin: "https://evil.example"},
	} {
		r := newRequest(http.MethodPost, "/login", `{"phone":"09121234567","password":"correct-horse-7"`+c.session+`}`)
		if r.RequestContext.DomainName = "api.example"; c.origin != "" {
			r.with("origin", c.origin)
		}
		if c.site != "" {
			r.with("sec-fetch-site", c.site)
		}
		if got := m.send(t, api.LogIn(accounts.auth), user.Principal{}, r); got.code() != c.want {
			t.Errorf("origin %q %s %s: got %d %q, want %q", c.origin, c.site, c.session, got.status, got.code(), c.want)
		}
		r.RawPath, r.Body = "/signup", strings.Replace(r.Body, `,"s`, `,"code":"123456","challenge":"AAAAAAAAAAAAAAAAAAAAAA","s`, 1)
		if got := m.send(t, api.SignUp(accounts.auth), user.Principal{}, r); c.session != "" && got.code() != cmp.Or(c.want, "code_locked") {
			t.Errorf("sign-up, origin %q: got %d %q, want %q", c.origin, got.status, got.code(), c.want)
		}
	}
}

// TestLogIn_DeviceCookieOrigin checks that pages of foreign origins cannot set the device cookie.
func TestLogIn_DeviceCookieOrigin(t *testing.T) {
	m, accounts := newMemAccounts(t)
	m.server.AllowedOrigins = []string{"https://app.example"}
	hash, err := auth.Hash("correct-horse-7", rand.Reader)
	must(err)
	m.putSara(hash, "")
	for origin, want := range map[string]int{"": 1, "https://app.example": 1, "https://evil.example": 0, "null": 0} {
		r := newRequest(http.MethodPost, "/login", `{"phone":"09121234567","password":"correct-horse-7"}`)
		if origin != "" {
			r.with("origin", origin)
		}
		out, err := m.server.HTTP(api.LogIn(accounts.auth))(t.Context(), r.APIGatewayV2HTTPRequest)
		if err != nil || out.StatusCode != 200 || len(out.Cookies) != want {
			t.Errorf("origin %q: got %d, cookies %q, %v, want %d", origin, out.StatusCode, out.Cookies, err, want)
		}
	}
}

// TestAccess_Cookie checks that a session cookie authenticates like an access token, that
// writes also require the CSRF token, and that a bearer token has precedence.
func TestAccess_Cookie(t *testing.T) {
	m, accounts := newMemAccounts(t)
	cookie, _, _ := loginWithCookie(t, m, accounts, "https")
	good, csrf := "__Host-session="+cookie, account.CSRFToken(cookie)
	for _, c := range []struct {
		name, method, cookie, csrf, bearer string
		level                              accessLevel
		status                             int
		code, userID                       string
	}{
		{"a read", "GET", good, "", "", api.Authenticated, 200, "", saraID},
		{"a read after other cookies", "GET", "a=b;" + good, "", "", api.Authenticated, 200, "", saraID},
		{"a read with optional authentication", "GET", good, "", "", api.OptionalAuth, 200, "", saraID},
		{"a write", "POST", good, csrf, "", api.Authenticated, 200, "", saraID},
		{"a write without the token", "POST", good, "", "", api.Authenticated, 403, "csrf", ""},
		{"a change without the token", "PATCH", good, "", "", api.OptionalAuth, 403, "csrf", ""},
		{"a delete with a wrong token", "DELETE", good, account.CSRFToken("x"), "", api.Authenticated, 403, "csrf", ""},
		{"a write to a public endpoint", "POST", good, "", "", api.Public, 200, "", ""},
		{"with a bearer token", "POST", good, "", m.token(ali), api.Authenticated, 200, "", aliID},
		{"with an invalid bearer token", "POST", good, csrf, "x", api.Authenticated, 401, "unauthenticated", ""},
		{"cookie name of plain HTTP", "GET", "session=" + cookie, "", "", api.Authenticated, 401, "unauthenticated", ""},
		{"an ended session", "GET", good + "x", "", "", api.Authenticated, 401, "session_ended", ""},
		{"an ended session with optional authentication", "GET", good + "x", "", "", api.OptionalAuth, 200, "", ""},
		{"a customer at a staff endpoint", "GET", good, "", "", api.StaffOnly, 403, "forbidden", ""},
	} {
		request := newRequest(c.method, "/x", "").with("x-csrf-token", c.csrf).with("x-forwarded-proto", "https")
		request.Cookies = strings.Split(c.cookie, ";")
		if c.bearer != "" {
			request.with("authorization", "Bearer "+c.bearer)
		}
		got := m.send(t, echoPrincipal(c.level), user.Principal{}, request)
		if id, _ := got.body["id"].(string); got.status != c.status || got.code() != c.code || id != c.userID {
			t.Errorf("%s: got %d %q %q, want %d %q %q", c.name, got.status, got.code(), id, c.status, c.code, c.userID)
		}
		if token := got.headers["x-csrf-token"]; (token == csrf) != (c.method == "GET" && c.userID == saraID || c.code == "forbidden") {
			t.Errorf("%s: got x-csrf-token %q", c.name, token)
		}
	}
}

// TestLogOut_Cookie checks that logout deletes the session and the cookie.
func TestLogOut_Cookie(t *testing.T) {
	m, accounts := newMemAccounts(t)
	cookie, _, _ := loginWithCookie(t, m, accounts, "http")
	request := newRequest(http.MethodPost, "/logout", "").with("x-forwarded-proto", "http").with("x-csrf-token", account.CSRFToken(cookie))
	request.Cookies = []string{"session=" + cookie}
	out, err := m.server.HTTP(api.LogOut(accounts.sessions))(context.Background(), request.APIGatewayV2HTTPRequest)
	if err != nil || out.StatusCode != 204 || len(m.deletedSessions) != 1 || len(out.Cookies) != 1 || out.Cookies[0] != "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" {
		t.Errorf("got %d %v, deleted %v, %v", out.StatusCode, out.Cookies, m.deletedSessions, err)
	}
}

// TestAccess_CookieExtended checks that the browser's cookie lives as long as the session: it is set
// again, with its full lifetime, when the session is extended, also by a request that fails. No
// cache may store that response. A response that deletes the cookie does not set it again. What
// caches share has no CSRF token.
func TestAccess_CookieExtended(t *testing.T) {
	cacheable := api.OptionalAuth(func(context.Context, *api.Request) (api.Response, error) {
		return api.Response{Status: 200, Headers: map[string]string{"cache-control": "public, max-age=60"}}, nil
	})
	logOut := func(a accountServices) api.Endpoint { return api.LogOut(a.sessions) }
	fixed := func(e api.Endpoint) func(accountServices) api.Endpoint {
		return func(accountServices) api.Endpoint { return e }
	}
	const again, deleted = "__Host-session=%; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax", "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
	for _, c := range []struct {
		name, method  string
		endpoint      func(accountServices) api.Endpoint
		after         time.Duration
		status        int
		cookie, cache string
	}{
		{"within the hour", "GET", fixed(cacheable), 59 * time.Minute, 200, "", "public, max-age=60"},
		{"after the hour", "GET", fixed(cacheable), 61 * time.Minute, 200, again, "no-store"},
		{"after 29 days", "GET", fixed(echoPrincipal(api.Authenticated)), 29 * 24 * time.Hour, 200, again, "no-store"},
		{"forbidden", "GET", fixed(echoPrincipal(api.StaffOnly)), 61 * time.Minute, 403, again, "no-store"},
		{"logout", "POST", logOut, 61 * time.Minute, 204, deleted, "no-store"},
	} {
		m, accounts := newMemAccounts(t)
		cookie, _, _ := loginWithCookie(t, m, accounts, "https")
		send := func() []string {
			r := newRequest(c.method, "/x", "").with("x-forwarded-proto", "https").with("x-csrf-token", account.CSRFToken(cookie))
			r.Cookies = []string{"__Host-session=" + cookie}
			out, err := m.server.HTTP(c.endpoint(accounts))(t.Context(), r.APIGatewayV2HTTPRequest)
			if err != nil || out.StatusCode != c.status || out.Headers["cache-control"] != c.cache {
				t.Errorf("%s: got %d %v, %v, want %d %s", c.name, out.StatusCode, out.Headers, err, c.status, c.cache)
			}
			if got, want := out.Headers["x-csrf-token"] != "", c.method == "GET" && c.cache == "no-store"; got != want {
				t.Errorf("%s: has a CSRF token: %t, want %t", c.name, got, want)
			}
			return out.Cookies
		}
		m.now = m.now.Add(c.after)
		if got := strings.Join(send(), "\n"); got != strings.Replace(c.cookie, "%", cookie, 1) {
			t.Errorf("%s: got cookies %q, want %q", c.name, got, c.cookie)
		}
		if c.status == 204 {
			continue
		}
		c.cache = map[bool]string{true: "public, max-age=60", false: "no-store"}[strings.HasSuffix(c.name, "hour")]
		if got := send(); len(got) != 0 {
			t.Errorf("%s, once more: got cookies %q, want none", c.name, got)
		}
	}
}

func TestSessions(t *testing.T) {
	m, accounts := newMemAccounts(t)
	for _, family := range []string{oneID, otherID, aULID} {
		must(m.CreateSession(t.Context(), account.Session{
			Family: family, UserAgent: "Firefox", CreatedAt: m.now, ExpiresAt: m.now.Add(time.Hour), User: user.User{ID: saraID},
		}, nil))
	}
	me := sara
	me.Session = otherID
	got := m.send(t, api.ListSessions(accounts.profiles), me, newRequest(http.MethodGet, "/sessions", "").query("limit=2"))
	data, _ := got.body["data"].([]any)
	if got.status != 200 || len(data) != 2 || got.field("page", "hasMore") != true {
		t.Fatalf("got %d %s", got.status, got.text)
	}
	if one, _ := data[0].(map[string]any); one["id"] != aULID || one["current"] != false || one["device"] != "Firefox" || one["createdAt"] != "2026-03-21T12:00:00.000Z" {
		t.Errorf("got %v", one)
	}
	if one, _ := data[1].(map[string]any); one["id"] != otherID || one["current"] != true {
		t.Errorf("got %v", one)
	}
	next, _ := got.field("page", "next").(string)
	got = m.send(t, api.ListSessions(accounts.profiles), me, newRequest(http.MethodGet, "/sessions", "").query("limit=2&cursor="+next))
	if data, _ := got.body["data"].([]any); len(data) != 1 || !strings.Contains(got.text, `"page":{"next":null,"hasMore":false}`) {
		t.Errorf("second page: got %d %s", got.status, got.text)
	}
	if got := m.send(t, api.DeleteSession(accounts.profiles), me, newRequest(http.MethodDelete, "/sessions/x", "")); got.status != 204 || len(m.deletedSessions) != 1 || m.deletedSessions[0] != saraID+" "+oneID {
		t.Errorf("close: got %d, deleted %v", got.status, m.deletedSessions)
	}
}
