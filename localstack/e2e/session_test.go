package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

const anotherPassword = "another-horse-8"

// TestPasswordReset: the new password opens, and all that the old one had
// opened ends: refresh tokens at once, access tokens within seconds.
func TestPasswordReset(t *testing.T) {
	t.Parallel()
	me := customer(t)
	browser := browse(t, me)
	code := ask(t, me.User.Phone, "reset")
	reset := func(code, password string) client.Answer {
		return anybody(t, "POST", "/password/reset", object{"phone": local(me.User.Phone), "code": code, "password": password})
	}
	same(t, "a weak password", refused(t, reset(code, "12345678"), 422).Code, "weak_password")
	same(t, "a wrong code", refused(t, reset(otherCode(code, 0), anotherPassword), 422).Code, "code_wrong")
	expect(t, reset(code, anotherPassword), 204, nil)
	same(t, "the code again", refused(t, reset(code, anotherPassword), 422).Code, "code_wrong")

	refused(t, renew(t, me.Tokens().RefreshToken), 401)
	refused(t, browser.call("GET", "/profile", nil), 401)
	eventually(t, "the access token of before is refused", func() error {
		if answer := me.call("GET", "/profile", nil); answer.Status != 401 {
			return wrong("GET /profile", answer.Status, 401)
		}
		return nil
	})
	refused(t, anybody(t, "POST", "/login", object{"phone": me.User.Phone, "password": client.Password}), 401)
	person, err := suite.api.Login(t.Context(), me.User.Phone, anotherPassword)
	actor{t, got(t, person, err)}.get("/profile", nil)
}

func TestResetTellsNothing(t *testing.T) {
	t.Parallel()
	me := customer(t)
	stranger := client.RandomPhone()
	known := anybody(t, "POST", "/otp", object{"phone": me.User.Phone, "purpose": "reset"})
	unknown := anybody(t, "POST", "/otp", object{"phone": stranger, "purpose": "reset"})
	same(t, "POST /otp for an unknown number: status", unknown.Status, known.Status)
	same(t, "POST /otp for an unknown number: body", string(unknown.Body), string(known.Body))
	texts, err := suite.api.Texts(t.Context(), stranger)
	same(t, "texts to an unknown number", len(got(t, texts, err)), 0)
	answer := anybody(t, "POST", "/password/reset", object{"phone": stranger, "code": "123456", "password": anotherPassword})
	same(t, "reset of an unknown number", refused(t, answer, 422).Code, "code_wrong")
}

type session struct {
	ID         string
	Device     string
	CreatedAt  string
	LastUsedAt string
	Current    bool
}

// sessionsOf reads one's sessions; the first is the one that asks.
func sessionsOf(t *testing.T, call func(method, path string, body any, options ...client.Option) client.Answer) (current session, others []session) {
	t.Helper()
	var page client.List[session]
	expect(t, call("GET", "/sessions", nil), 200, &page)
	for _, s := range page.Data {
		if s.ID == "" || s.CreatedAt == "" || s.LastUsedAt == "" {
			t.Errorf("GET /sessions: got %+v", s)
		}
		if s.Current {
			current = s
		} else {
			others = append(others, s)
		}
	}
	return current, others
}

func TestSessionsAreSeenAndEnded(t *testing.T) {
	t.Parallel()
	me, stranger := customer(t), customer(t)
	person, err := suite.api.Login(t.Context(), me.User.Phone, client.Password)
	second := actor{t, got(t, person, err)}
	browser := browse(t, me)

	mine, others := sessionsOf(t, me.call)
	same(t, "other sessions", len(others), 2)
	_, foreign := sessionsOf(t, stranger.call)
	same(t, "other sessions of a stranger", len(foreign), 0)
	for name, id := range map[string]string{"another person's": mine.ID, "none": client.NewID(), "no id": "x"} {
		same(t, name, refused(t, stranger.call("DELETE", "/sessions/"+id, nil), 404).Code, "session_not_found")
	}
	me.get("/profile", nil)

	theirs, _ := sessionsOf(t, browser.call)
	me.must(204, "DELETE", "/sessions/"+theirs.ID, nil, nil)
	same(t, "the cookie, at once", refused(t, browser.call("GET", "/profile", nil), 401).Code, "session_ended")
	refused(t, me.call("DELETE", "/sessions/"+theirs.ID, nil), 404)

	theirs, _ = sessionsOf(t, second.call)
	me.must(204, "DELETE", "/sessions/"+theirs.ID, nil, nil)
	refused(t, renew(t, second.Tokens().RefreshToken), 401)
	_, others = sessionsOf(t, me.call)
	same(t, "other sessions in the end", len(others), 0)
}

// TestASessionEndsWithItsSockets: whoever logs out hears nothing more; what was
// opened in another session stays.
func TestASessionEndsWithItsSockets(t *testing.T) {
	t.Parallel()
	me := customer(t)
	person, err := suite.api.Login(t.Context(), me.User.Phone, client.Password)
	second := actor{t, got(t, person, err)}
	mine, other := me.connect(), second.connect()
	second.must(204, "POST", "/logout", nil, nil)
	if _, err := other.AwaitEnd(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := mine.Ask(t.Context(), object{"action": "ping"}, "pong"); err != nil {
		t.Errorf("the socket of the other session: %v", err)
	}
}

// page is a page in a browser: it has a cookie and, once it knows it, the CSRF
// token.
type page struct {
	t            *testing.T
	cookie, csrf string
	set          *http.Cookie
}

// browse signs somebody in as a browser does.
func browse(t *testing.T, who actor) *page {
	t.Helper()
	answer := anybody(t, "POST", "/login", object{"phone": who.User.Phone, "password": client.Password, "session": "cookie"})
	var body struct {
		User                                 client.User
		CSRFToken, AccessToken, RefreshToken string
	}
	expect(t, answer, 200, &body)
	cookies := (&http.Response{Header: answer.Header}).Cookies()
	if len(cookies) != 1 || body.CSRFToken == "" || body.AccessToken+body.RefreshToken != "" || body.User.ID != who.User.ID {
		t.Fatalf("login: got %v %s, want one cookie, a csrfToken and no tokens", cookies, answer)
	}
	return &page{t: t, cookie: cookies[0].Name + "=" + cookies[0].Value, csrf: body.CSRFToken, set: cookies[0]}
}

// call sends a request as a script of the page does.
func (p *page) call(method, path string, body any, options ...client.Option) client.Answer {
	p.t.Helper()
	options = append([]client.Option{client.Header("Cookie", p.cookie), client.Header("X-CSRF-Token", p.csrf)}, options...)
	return anybody(p.t, method, path, body, options...)
}

func TestCookieSession(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := browse(t, me)
	secure := strings.HasPrefix(suite.api.Base(), "https:")
	name := map[bool]string{true: "__Host-session", false: "session"}[p.set.Secure]
	if p.set.Name != name || !p.set.HttpOnly || p.set.SameSite != http.SameSiteLaxMode || p.set.Path != "/" || p.set.Domain != "" || secure && !p.set.Secure {
		t.Errorf("got the cookie %s", p.set.Raw)
	}
	answer := p.call("GET", "/profile", nil)
	expect(t, answer, 200, nil)
	same(t, "X-CSRF-Token of a page that was loaded anew", answer.Header.Get("X-CSRF-Token"), p.csrf)

	ticket := me.open(nil)
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
		same(t, c.path+" without the CSRF token", refused(t, without, 403).Code, "csrf")
		expect(t, p.call(c.method, c.path, c.body), c.want, nil)
	}
	for _, path := range []string{"/tickets", "/tickets/" + ticket.ID, "/tickets/" + ticket.ID + "/history", "/categories", "/sessions"} {
		expect(t, p.call("GET", path, nil), 200, nil)
	}
	// A bearer token goes before the cookie, and needs no CSRF token.
	other := customer(t)
	var profile client.User
	expect(t, p.call("PATCH", "/profile", object{"name": "Reza"}, client.Header("X-CSRF-Token", ""),
		client.Header("Authorization", "Bearer "+other.Tokens().AccessToken)), 200, &profile)
	same(t, "who a bearer token says", profile.ID, other.User.ID)

	refused(t, p.call("POST", "/logout", nil, client.Header("X-CSRF-Token", "x")), 403)
	out := p.call("POST", "/logout", nil)
	expect(t, out, 204, nil)
	if gone := (&http.Response{Header: out.Header}).Cookies(); len(gone) != 1 || gone[0].Name != p.set.Name || gone[0].MaxAge >= 0 {
		t.Errorf("logout: got the cookies %v, want the session's to go", gone)
	}
	same(t, "after logout", refused(t, p.call("GET", "/profile", nil), 401).Code, "session_ended")
}

// TestCookieOpensASocket: from an allowed page, and from no other.
func TestCookieOpensASocket(t *testing.T) {
	t.Parallel()
	me := customer(t)
	p := browse(t, me)
	full, err := me.SocketURL(t.Context())
	address, err := url.Parse(got(t, full, err))
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
	}{"our page": {own, true}, "another page": {"https://evil.example", false}, "no page": {"", false}} {
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

func TestPhoneChange(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	number := client.RandomPhone()
	move := func(who actor, phone, code string) client.Answer {
		return who.call("POST", "/profile/phone", object{"phone": phone, "code": code})
	}
	code := ask(t, number, "phone")
	same(t, "a wrong code", refused(t, move(me, number, otherCode(code, 0)), 422).Code, "code_wrong")
	var profile client.User
	expect(t, move(me, local(number), code), 200, &profile)
	same(t, "phone", profile.Phone, number)
	person, err := suite.api.Login(t.Context(), number, client.Password)
	same(t, "who has the number", got(t, person, err).User.ID, me.User.ID)
	refused(t, anybody(t, "POST", "/login", object{"phone": me.User.Phone, "password": client.Password}), 401)

	taken := me.User.Phone // free again
	second, err := suite.api.SignUp(t.Context(), taken, "Who has the old number now")
	got(t, second, err)
	same(t, "a taken number", refused(t, move(other, taken, ask(t, taken, "phone")), 409).Code, "phone_taken")
	other.get("/profile", &profile)
	same(t, "phone after a refusal", profile.Phone, other.User.Phone)
}

// mailed waits for the n-th mail to an address and gives the newest one's text.
func mailed(t *testing.T, to string, n int) string {
	t.Helper()
	var newest string
	eventually(t, "a mail to "+to, func() error {
		var box struct{ Data []struct{ Body string } }
		expect(t, anybody(t, "GET", "/_local/outbox?channel=email&to="+url.QueryEscape(to), nil), 200, &box)
		if len(box.Data) < n {
			return wrong("mails", len(box.Data), n)
		}
		newest = box.Data[0].Body
		return nil
	})
	return newest
}

func TestEmailIsConfirmed(t *testing.T) {
	t.Parallel()
	me := customer(t)
	same(t, "without an address", refused(t, me.call("POST", "/profile/email/code", nil), 409).Code, "email_missing")
	address := "sara" + strings.ToLower(client.NewID()) + "@example.com"
	me.must(200, "PATCH", "/profile", object{"email": address, "locale": "fa"}, nil)
	if suite.local == nil {
		return // where no mailbox can be read
	}
	me.must(202, "POST", "/profile/email/code", nil, nil)
	refused(t, me.call("POST", "/profile/email/code", nil), 429)
	text := mailed(t, address, 1)
	code, err := client.CodeIn(text)
	got(t, code, err)
	if !strings.Contains(text, "کد تیکت") {
		t.Errorf("got %q, want it in Persian", text)
	}
	same(t, "a wrong code", refused(t, me.call("POST", "/profile/email/confirm", object{"code": otherCode(code, 0)}), 422).Code, "code_wrong")
	var profile client.User
	me.must(200, "POST", "/profile/email/confirm", object{"code": code}, &profile)
	same(t, "emailVerified", profile.EmailVerified, true)
	me.must(200, "PATCH", "/profile", object{"email": address}, &profile)
	same(t, "emailVerified with the same address", profile.EmailVerified, true)
	me.must(200, "PATCH", "/profile", object{"email": "x" + address}, &profile)
	same(t, "emailVerified with another address", profile.EmailVerified, false)
}
