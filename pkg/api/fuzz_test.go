package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/user"
)

// whoever is somebody of each role, by number.
func whoever(n uint8) user.Principal {
	return []user.Principal{sara, reza, ali, boss}[n%4]
}

// honest wants an answer that is no fault of ours: no 5xx, and a problem with
// a code for every refusal.
func honest(t *testing.T, got answer) {
	t.Helper()
	if got.status < 200 || got.status >= 500 {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if (got.status >= 400) != (got.code() != "") {
		t.Errorf("got %d with the code %q: %s", got.status, got.code(), got.text)
	}
	if !utf8.ValidString(got.text) {
		t.Errorf("got an answer that is not UTF-8: %q", got.text)
	}
}

// writers are endpoints that read a body, of every kind of decoder.
func writers(h *house) []api.Endpoint {
	return []api.Endpoint{
		api.CreateTicket(h.desk), api.PostMessage(h.desk, h.news), api.EditTicket(h.desk, h.news), api.CloseTicket(h.desk, h.news),
		api.ReopenTicket(h.desk, h.news), api.SetStatus(h.desk, h.news), api.AssignTicket(h.desk, h.news), api.MarkRead(h.desk),
	}
}

// FuzzBody: whatever is sent as a body is refused with a reason, or taken; and
// what is taken is one JSON object without doubled names.
func FuzzBody(f *testing.F) {
	good := `"clientId":"` + aULID + `"`
	for _, body := range []string{
		"{" + good + `,"title":"T","description":"D","categoryId":"` + shelfID + `"}`, "{" + good + `,"body":"سلام"}`, `{"title":"T"}`,
		"{" + good + `,"status":"pending"}`, "{" + good + `,"assigneeId":null}`, `{"seq":1}`, "{" + good + `,"attachmentIds":["` + fileID + `"],"after":3}`,
		`{"a":1,"A":2}`, `{"":{"~/":[null]}}`, `{"seq":1e400}`, `{"seq":-0.5}`, "{" + good + `,"title":"T\ud800"}`, "\xef\xbb\xbf{}", "", "[]", "{}{}",
	} {
		for which := range uint8(8) {
			f.Add(which, which, body, false)
		}
	}
	f.Fuzz(func(t *testing.T, which, who uint8, body string, encoded bool) {
		h := newHouse(t)
		h.stock(oneID, "message", "note")
		all := writers(h)
		r := call(http.MethodPost, "/x", body)
		r.IsBase64Encoded = encoded
		got := h.send(t, all[int(which)%len(all)], whoever(who), r)
		honest(t, got)
		if got.status < 300 && !encoded && !plainObject(body) {
			t.Errorf("got %d for %q, want it refused", got.status, body)
		}
	})
}

// plainObject says whether a text is one JSON object and nothing behind it.
func plainObject(body string) bool {
	var object map[string]json.RawMessage
	return utf8.ValidString(body) && json.Unmarshal([]byte(body), &object) == nil && object != nil
}

// FuzzQuery: no query string upsets a list, and no page is larger than asked.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"limit=2", "limit=0", "limit=99999999999999999999", "status=open,new,open", "sort=-createdAt", "q=%d8%b3+0912", "q=%ff", "assignee=me&priority=high",
		"after=0&limit=100", "before=3", "after=-1", "cursor=", "cursor=abc", "category=" + shelfID, "%zz", "a;b", "q=" + strings.Repeat("a+", 11), "limit=1&limit=2",
	} {
		for which := range uint8(5) {
			f.Add(which, which, query)
		}
	}
	f.Fuzz(func(t *testing.T, which, who uint8, query string) {
		h := newHouse(t)
		h.stock(oneID, "message", "note", "message", "status")
		all := lists(h)
		names := []string{"tickets", "messages", "history", "forward", "categories"}
		got := h.send(t, all[names[int(which)%len(names)]].endpoint, whoever(who), call(http.MethodGet, "/x", "").query(query))
		honest(t, got)
		if data, _ := got.body["data"].([]any); len(data) > 100 {
			t.Errorf("%q: got %d things, want 100 at most", query, len(data))
		}
	})
}

// FuzzCursor: only what the house has sealed opens a page.
func FuzzCursor(f *testing.F) {
	for _, cursor := range []string{"", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "=", "\x00", "%"} {
		f.Add(uint8(0), cursor)
	}
	f.Fuzz(func(t *testing.T, which uint8, cursor string) {
		h := full(t)
		all := lists(h)
		names := []string{"tickets", "messages", "history", "forward", "categories"}
		r := call(http.MethodGet, "/x", "")
		r.RawQueryString = "limit=2&cursor=" + escape(cursor)
		got := h.send(t, all[names[int(which)%len(names)]].endpoint, sara, r)
		if got.status != 400 || got.code() != "bad_cursor" {
			t.Errorf("%q: got %d %s, want bad_cursor", cursor, got.status, got.code())
		}
	})
}

func escape(text string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		out.WriteString("%" + hex[text[i]>>4:text[i]>>4+1] + hex[text[i]&15:text[i]&15+1])
	}
	return out.String()
}

// FuzzHeader: what stands in a header lets nobody in and upsets nothing.
func FuzzHeader(f *testing.F) {
	h := []string{"authorization", "if-match", "idempotency-key", "accept-language", "content-type", "x-csrf-token"}
	for i, value := range []string{"Bearer a.b.c", `W/"3"`, aULID, "fa-IR;q=0.8, *", "application/json; charset=utf-16", "x"} {
		f.Add(uint8(i), value, "__Host-session=AAAA; x")
	}
	f.Add(uint8(0), "Bearer eyJhbGciOiJub25lIn0.e30.", "session=;;=")
	f.Fuzz(func(t *testing.T, which uint8, value, cookie string) {
		house := newHouse(t)
		house.stock(oneID, "message")
		name := h[int(which)%len(h)]
		r := call(http.MethodPatch, "/x", `{"title":"T","clientId":"`+aULID+`"}`).with(name, value)
		r.Cookies = strings.Split(cookie, ";")
		who := sara
		if name == "authorization" {
			who = user.Principal{}
		}
		got := house.send(t, api.EditTicket(house.desk, house.news), who, r)
		honest(t, got)
		if who.UserID == "" && got.status < 400 {
			t.Errorf("%q %q: got %d, want nobody let in", value, cookie, got.status)
		}
	})
}

// FuzzFrame: every frame has its answer, and none is a fault of ours.
func FuzzFrame(f *testing.F) {
	topic := `"topic":"ticket:` + oneID + `"`
	for _, body := range []string{
		`{"action":"subscribe",` + topic + `,"after":0}`, `{"action":"subscribe","topic":"queue"}`, `{"action":"unsubscribe",` + topic + `}`, `{"action":"ping"}`,
		`{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"B"}`, `{"action":"typing","ticketId":"` + oneID + `"}`,
		`{"action":"read","ticketId":"` + oneID + `","seq":2}`, `{"action":"read","seq":-1}`, `{"action":"dance"}`, "", "x", "null", `{"clientId":{}}`, `{"topic":"ticket:"}`,
	} {
		for which := range uint8(7) {
			f.Add(which, which, body, false)
		}
	}
	f.Fuzz(func(t *testing.T, which, from uint8, body string, encoded bool) {
		p := newPort(t)
		actions := p.actions()
		names := []string{"", "message", "ping", "read", "subscribe", "typing", "unsubscribe"}
		sender := []string{"sara1", "ali1", "reza1", "nobody"}[from%4]
		var event events.APIGatewayWebsocketProxyRequest
		event.Body, event.IsBase64Encoded, event.RequestContext.ConnectionID, event.RequestContext.RequestID = body, encoded, sender, "r"
		out, err := p.socket.Handler(actions[names[int(which)%len(names)]])(t.Context(), event)
		if err != nil || out.StatusCode != http.StatusOK {
			t.Fatalf("got %d, %v: the socket must live on", out.StatusCode, err)
		}
		for _, frame := range p.frames {
			if problem, _ := frame.body["problem"].(map[string]any); frame.body["type"] == "error" {
				if status, _ := problem["status"].(float64); status < 400 || status >= 500 || problem["code"] == "" {
					t.Errorf("%q: got %v", body, frame.body)
				}
			}
			if frame.to == "reza1" && sender != "reza1" {
				t.Errorf("%q: Reza heard of it: %v", body, frame.body)
			}
		}
	})
}

// FuzzAccount: the doors that are open to all bear every body.
func FuzzAccount(f *testing.F) {
	for _, body := range []string{
		`{"phone":"09121234567","purpose":"signup"}`, `{"phone":"+989121234567","password":"correct-horse-9","code":"123456"}`, `{"phone":"۰۹۱۲","code":"۱۲۳۴۵۶"}`,
		`{"refreshToken":"AAAA"}`, `{"phone":"0912","password":"x","session":"cookie"}`, `{"name":"\u202e","email":"a@b","locale":"fa"}`, `{"code":123456}`,
	} {
		for which := range uint8(8) {
			f.Add(which, body)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		r, people := newRegistry(t)
		all := []api.Endpoint{
			api.SendCode(people), api.RefreshToken(people), api.LogOut(people), api.EditProfile(people), api.ConfirmEmail(people),
			api.ChangePhone(people), api.ResetPassword(people), api.SignUp(people),
		}
		if slices.Contains([]int{0, 1, 2, 6, 7}, int(which)%len(all)) && strings.Contains(body, `"correct-horse`) {
			return // a good password is hashed, which is slow on purpose
		}
		got := r.send(t, all[int(which)%len(all)], sara, call(http.MethodPost, "/x", body))
		honest(t, got)
	})
}
