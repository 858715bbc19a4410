package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/user"
)

// principalByIndex returns a principal of any role.
func principalByIndex(n uint8) user.Principal {
	return []user.Principal{sara, reza, ali, mina}[n%4]
}

// expectNoServerError requires a status below 500 and a problem code for every 4xx.
func expectNoServerError(t *testing.T, got response) {
	t.Helper()
	if got.status < 200 || got.status >= 500 {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if (got.status >= 400) != (got.code() != "") {
		t.Errorf("got %d with code %q: %s", got.status, got.code(), got.text)
	}
	if !utf8.ValidString(got.text) {
		t.Errorf("got a response that is not UTF-8: %q", got.text)
	}
}

// bodyEndpoints returns endpoints that decode a body.
func bodyEndpoints(fx *fixture) []api.Endpoint {
	return []api.Endpoint{
		api.CreateTicket(fx.tickets), api.PostMessage(fx.tickets, fx.publisher), api.UpdateTicket(fx.tickets, fx.publisher), api.CloseTicket(fx.tickets, fx.publisher),
		api.ReopenTicket(fx.tickets, fx.publisher), api.SetStatus(fx.tickets, fx.publisher), api.AssignTicket(fx.tickets, fx.publisher), api.MarkRead(fx.tickets),
	}
}

// FuzzBody checks that any body is accepted or rejected with a code, and that only JSON objects
// are accepted.
func FuzzBody(f *testing.F) {
	good := `"clientId":"` + aULID + `"`
	for _, body := range []string{
		"{" + good + `,"title":"T","description":"D","categoryId":"` + billingID + `"}`, "{" + good + `,"body":"سلام"}`, `{"title":"T"}`,
		"{" + good + `,"status":"pending"}`, "{" + good + `,"assigneeId":null}`, `{"seq":1}`, "{" + good + `,"attachmentIds":["` + fileID + `"],"after":3}`,
		`{"a":1,"A":2}`, `{"":{"~/":[null]}}`, `{"seq":1e400}`, `{"seq":-0.5}`, "{" + good + `,"title":"T\ud800"}`, "\xef\xbb\xbf{}", "", "[]", "{}{}",
	} {
		for which := range uint8(8) {
			f.Add(which, which, body, false)
		}
	}
	f.Fuzz(func(t *testing.T, which, actor uint8, body string, encoded bool) {
		fx := newFixture(t)
		fx.addTicket(oneID, "message", "note")
		all := bodyEndpoints(fx)
		r := newRequest(http.MethodPost, "/x", body)
		r.IsBase64Encoded = encoded
		got := fx.send(t, all[int(which)%len(all)], principalByIndex(actor), r)
		expectNoServerError(t, got)
		if got.status < 300 && !encoded && !isJSONObject(body) {
			t.Errorf("got %d for %q, want an error", got.status, body)
		}
	})
}

// isJSONObject reports whether body is one JSON object without trailing data.
func isJSONObject(body string) bool {
	var object map[string]json.RawMessage
	return utf8.ValidString(body) && json.Unmarshal([]byte(body), &object) == nil && object != nil
}

// FuzzQuery checks that list endpoints accept or reject any query string, and limit the page.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"limit=2", "limit=0", "limit=99999999999999999999", "status=open,new,open", "sort=-createdAt", "q=%d8%b3+0912", "q=%ff", "assignee=me&priority=high",
		"after=0&limit=100", "before=3", "after=-1", "cursor=", "cursor=abc", "category=" + billingID, "%zz", "a;b", "q=" + strings.Repeat("a+", 11), "limit=1&limit=2",
	} {
		for which := range uint8(5) {
			f.Add(which, which, query)
		}
	}
	f.Fuzz(func(t *testing.T, which, actor uint8, query string) {
		fx := newFixture(t)
		fx.addTicket(oneID, "message", "note", "message", "status")
		all := listEndpoints(fx)
		names := []string{"tickets", "messages", "history", "forward", "categories"}
		list := all[names[int(which)%len(names)]]
		got := fx.send(t, list.endpoint, principalByIndex(actor), newRequest(http.MethodGet, list.path, "").query(query))
		expectNoServerError(t, got)
		if data, _ := got.body["data"].([]any); len(data) > 100 {
			t.Errorf("%q: got %d items, want at most 100", query, len(data))
		}
	})
}

// FuzzCursor checks that forged cursors are rejected.
func FuzzCursor(f *testing.F) {
	for _, cursor := range []string{"", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "=", "\x00", "%"} {
		f.Add(uint8(0), cursor)
	}
	f.Fuzz(func(t *testing.T, which uint8, cursor string) {
		fx := fixtureWithTickets(t)
		all := listEndpoints(fx)
		names := []string{"tickets", "messages", "history", "forward", "categories"}
		r := newRequest(http.MethodGet, "/tickets", "")
		r.RawQueryString = "limit=2&cursor=" + percentEncode(cursor)
		got := fx.send(t, all[names[int(which)%len(names)]].endpoint, sara, r)
		if got.status != 400 || got.code() != "bad_cursor" && utf8.ValidString(cursor) {
			t.Errorf("%q: got %d %s, want bad_cursor", cursor, got.status, got.code())
		}
	})
}

func percentEncode(text string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		out.WriteString("%" + hex[text[i]>>4:text[i]>>4+1] + hex[text[i]&15:text[i]&15+1])
	}
	return out.String()
}

// FuzzHeader checks that no header value authenticates a caller or causes a server error.
func FuzzHeader(f *testing.F) {
	h := []string{"authorization", "if-match", "idempotency-key", "accept-language", "content-type", "x-csrf-token"}
	for i, value := range []string{"Bearer a.b.c", `W/"3"`, aULID, "fa-IR;q=0.8, *", "application/json; charset=utf-16", "x"} {
		f.Add(uint8(i), value, "__Host-session=AAAA; x")
	}
	f.Add(uint8(0), "Bearer eyJhbGciOiJub25lIn0.e30.", "session=;;=")
	f.Fuzz(func(t *testing.T, which uint8, value, cookie string) {
		fx := newFixture(t)
		fx.addTicket(oneID, "message")
		name := h[int(which)%len(h)]
		r := newRequest(http.MethodPatch, "/x", `{"title":"T","clientId":"`+aULID+`"}`).with(name, value)
		r.Cookies = strings.Split(cookie, ";")
		actor := sara
		if name == "authorization" {
			actor = user.Principal{}
		}
		got := fx.send(t, api.UpdateTicket(fx.tickets, fx.publisher), actor, r)
		expectNoServerError(t, got)
		if actor.UserID == "" && got.status < 400 {
			t.Errorf("%q %q: got %d, want an authentication error", value, cookie, got.status)
		}
	})
}

// FuzzAccount checks that account endpoints accept or reject any body.
func FuzzAccount(f *testing.F) {
	for _, body := range []string{
		`{"phone":"09121234567","purpose":"signup"}`, `{"phone":"+989121234567","password":"correct-horse-9","code":"123456"}`, `{"phone":"۰۹۱۲","code":"۱۲۳۴۵۶"}`,
		`{"refreshToken":"AAAA"}`, `{"phone":"0912","password":"x","session":"cookie"}`, `{"name":"\u202e","email":"a@b","locale":"fa"}`, `{"code":123456}`, `{"email":"a@\u00ad"}`,
	} {
		for which := range uint8(8) {
			f.Add(which, body)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		m, accounts := newMemAccounts(t)
		all := []api.Endpoint{
			api.SendCode(accounts.sms), api.RefreshToken(accounts.auth), api.LogOut(accounts.sessions), api.UpdateProfile(accounts.profiles), api.ConfirmEmail(accounts.credentials),
			api.ChangePhone(accounts.credentials), api.ResetPassword(accounts.credentials), api.SignUp(accounts.auth),
		}
		if slices.Contains([]int{0, 1, 2, 6, 7}, int(which)%len(all)) && strings.Contains(body, `"correct-horse`) {
			return // hashing a valid password is slow
		}
		got := m.send(t, all[int(which)%len(all)], sara, newRequest(http.MethodPost, "/x", body))
		expectNoServerError(t, got)
	})
}
