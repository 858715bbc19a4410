package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// browserSession is a browser's session: its cookie and CSRF token.
type browserSession struct {
	t            *testing.T
	cookie, csrf string
	setCookie    *http.Cookie
	user         client.UserProfile
}

// newBrowserSession logs a user in with a cookie.
func newBrowserSession(t *testing.T, user testUser) *browserSession {
	t.Helper()
	response := anonymous(t, "POST", "/login", object{"phone": user.Profile.Phone, "password": client.Password, "session": "cookie"})
	wantStatus(t, response, 200, nil)
	p := browserSessionOf(t, response)
	equal(t, "user.phone", p.user.Phone, user.Profile.Phone)
	return p
}

// browserSessionOf returns the session that a response with a session cookie opens.
func browserSessionOf(t *testing.T, response client.Response) *browserSession {
	t.Helper()
	var body struct {
		User                                 client.UserProfile
		CSRFToken, AccessToken, RefreshToken string
	}
	wantStatus(t, response, response.Status, &body)
	cookies := (&http.Response{Header: response.Header}).Cookies()
	if len(cookies) != 2 || body.CSRFToken == "" || body.AccessToken+body.RefreshToken != "" {
		t.Fatalf("got %v %s, want the cookies of session and device, a csrfToken and no tokens", cookies, response)
	}
	return &browserSession{t: t, cookie: cookies[0].Name + "=" + cookies[0].Value, csrf: body.CSRFToken, setCookie: cookies[0], user: body.User}
}

// deviceCookieOf returns the device cookie that a response sets, as a Cookie header.
func deviceCookieOf(t *testing.T, response client.Response) client.Option {
	t.Helper()
	for _, cookie := range (&http.Response{Header: response.Header}).Cookies() {
		if strings.TrimPrefix(cookie.Name, "__Host-") == "device" {
			return client.Header("Cookie", cookie.Name+"="+cookie.Value)
		}
	}
	t.Fatalf("%s sets no device cookie: %v", response.Call, response.Header)
	return nil
}

// call sends a request as a script of the page does.
func (p *browserSession) call(method, path string, body any, options ...client.Option) client.Response {
	p.t.Helper()
	options = append([]client.Option{client.Header("Cookie", p.cookie), client.Header("X-CSRF-Token", p.csrf)}, options...)
	return anonymous(p.t, method, path, body, options...)
}

func TestCookieSession(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := newBrowserSession(t, me)
	secure := strings.HasPrefix(suite.api.Base(), "https:")
	name := map[bool]string{true: "__Host-session", false: "session"}[p.setCookie.Secure]
	if p.setCookie.Name != name || !p.setCookie.HttpOnly || p.setCookie.SameSite != http.SameSiteLaxMode || p.setCookie.Path != "/" || p.setCookie.Domain != "" || secure && !p.setCookie.Secure {
		t.Errorf("got the cookie %s", p.setCookie.Raw)
	}
	response := p.call("GET", "/profile", nil)
	wantStatus(t, response, 200, nil)
	equal(t, "X-CSRF-Token after a reload", response.Header.Get("X-CSRF-Token"), p.csrf)

	ticket := me.openTicket(nil)
	for _, c := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"PATCH", "/profile", object{"name": "Sara in a browser"}, 200},
		{"POST", "/tickets/" + ticket.ID + "/messages", object{"clientId": client.NewID(), "body": "From a page"}, 201},
		{"POST", "/realtime/tickets", nil, 201},
	} {
		without := p.call(c.method, c.path, c.body, client.Header("X-CSRF-Token", ""))
		equal(t, c.path+" without the CSRF token", wantProblem(t, without, 403).Code, "csrf")
		wantStatus(t, p.call(c.method, c.path, c.body), c.want, nil)
	}
	for _, path := range []string{"/tickets", "/tickets/" + ticket.ID, "/tickets/" + ticket.ID + "/history", "/categories", "/sessions"} {
		wantStatus(t, p.call("GET", path, nil), 200, nil)
	}
	// A bearer token takes precedence over the cookie, and needs no CSRF token.
	other := customer(t)
	var profile client.UserProfile
	wantStatus(t, p.call("PATCH", "/profile", object{"name": "Reza"}, client.Header("X-CSRF-Token", ""),
		client.Header("Authorization", "Bearer "+other.Tokens().AccessToken)), 200, &profile)
	equal(t, "user of the bearer token", profile.ID, other.Profile.ID)

	wantProblem(t, p.call("POST", "/logout", nil, client.Header("X-CSRF-Token", "x")), 403)
	out := p.call("POST", "/logout", nil)
	wantStatus(t, out, 204, nil)
	if expired := (&http.Response{Header: out.Header}).Cookies(); len(expired) != 1 || expired[0].Name != p.setCookie.Name || expired[0].MaxAge >= 0 {
		t.Errorf("logout: got the cookies %v, want the session's expired", expired)
	}
	equal(t, "after logout", wantProblem(t, p.call("GET", "/profile", nil), 401).Code, "session_ended")
}

// TestConnect_Cookie checks that a cookie opens a socket from an allowed origin only.
func TestConnect_Cookie(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := newBrowserSession(t, me)
	full, err := me.SocketURL(t.Context())
	address, err := url.Parse(must(t, full, err))
	if err != nil {
		t.Fatal(err)
	}
	address.RawQuery = ""
	own, err := suite.api.Origin()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		origin string
		opens  bool
	}{"allowed origin": {own, true}, "other origin": {"https://evil.example", false}, "no origin": {"", false}} {
		header := http.Header{"Cookie": {p.cookie}}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		socket, status, err := suite.api.Dial(t.Context(), address.String(), header)
		if (err == nil) != c.opens {
			t.Errorf("%s: got status %d, %v, want open %v", name, status, err, c.opens)
		}
		if err == nil {
			_ = socket.Close()
		}
	}
}
