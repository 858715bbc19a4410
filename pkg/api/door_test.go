package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// whoami answers with who is asking.
func whoami(access api.Access) api.Endpoint {
	return api.Endpoint{Access: access, Handle: func(_ context.Context, r *api.Request) (api.Response, error) {
		return api.Response{Status: http.StatusOK, Body: map[string]string{"id": r.Who.UserID, "locale": r.Locale()}}, nil
	}}
}

// TestDoors: every kind of Authorization header at every kind of door.
func TestDoors(t *testing.T) {
	h := newHouse(t)
	late := newHouse(t) // another house: its tokens are good for nothing here
	expired := h.token(sara)
	h.now = h.now.Add(20 * time.Minute)
	for _, c := range []struct {
		name, header               string
		anyone, known, in, byStaff string // the code of the refusal, or "" for let in
	}{
		{"nothing", "", "", "", "unauthenticated", "unauthenticated"},
		{"a customer", "Bearer " + h.token(sara), "", "", "", "forbidden"},
		{"an agent", "Bearer " + h.token(ali), "", "", "", ""},
		{"an administrator", "bearer  " + h.token(boss), "", "", "", ""},
		{"an expired token", "Bearer " + expired, "", "", "token_expired", "token_expired"},
		{"a foreign token", "Bearer " + late.token(ali), "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"a forged token", "Bearer " + h.token(sara) + "x", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"nonsense", "Bearer x.y.z", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"an empty token", "Bearer ", "", "", "unauthenticated", "unauthenticated"},
		{"another scheme", "Basic c2FyYTpz", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"no scheme", h.token(sara), "", "unauthenticated", "unauthenticated", "unauthenticated"},
	} {
		for access, want := range map[api.Access]string{api.Anyone: c.anyone, api.Known: c.known, api.SignedIn: c.in, api.Staff: c.byStaff} {
			r := call(http.MethodGet, "/x", "")
			if c.header != "" {
				r.with("authorization", c.header)
			}
			got := h.send(t, whoami(access), user.Principal{}, r)
			if got.code() != want || (want == "") != (got.status == http.StatusOK) {
				t.Errorf("%s at door %d: got %d %q, want %q", c.name, access, got.status, got.code(), want)
			}
			if (got.status == http.StatusUnauthorized) != (got.headers["www-authenticate"] == "Bearer") {
				t.Errorf("%s at door %d: %d with www-authenticate %q", c.name, access, got.status, got.headers["www-authenticate"])
			}
		}
	}
}

// TestDoorOfAdministrators: an agent is not one.
func TestDoorOfAdministrators(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		who  user.Principal
		want string
	}{{user.Principal{}, "unauthenticated"}, {sara, "forbidden"}, {ali, "forbidden"}, {boss, ""}} {
		if got := h.send(t, whoami(api.Admins), c.who, call(http.MethodGet, "/x", "")); got.code() != c.want {
			t.Errorf("%s: got %d %q, want %q", c.who.Name, got.status, got.code(), c.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		who          user.Principal
		header, want string
	}{
		{user.Principal{}, "", "en"}, {user.Principal{}, "fa", "fa"}, {user.Principal{}, "fa-IR,en;q=0.5", "fa"}, {user.Principal{}, "de, FA;q=0.8", "fa"},
		{user.Principal{}, "de", "en"}, {reza, "", "fa"}, {reza, "en-GB", "en"}, {reza, "de", "fa"}, {sara, "*", "en"},
	} {
		got := h.send(t, whoami(api.Known), c.who, call(http.MethodGet, "/x", "").with("accept-language", c.header))
		if got.body["locale"] != c.want {
			t.Errorf("%q for %s: got %v, want %s", c.header, c.who.Name, got.body["locale"], c.want)
		}
	}
}

// failing answers with an error.
func failing(err error) api.Endpoint {
	return api.Endpoint{Access: api.Anyone, Handle: func(context.Context, *api.Request) (api.Response, error) { return api.Response{}, err }}
}

// TestProblems: the shape of every refusal, in both languages.
func TestProblems(t *testing.T) {
	field := fault.Field{Pointer: "/title", Code: "required", Message: "This must not be empty."}
	for _, c := range []struct {
		name           string
		err            error
		locale         string
		status         int
		code           fault.Kind
		title, detail  string
		message, retry string
	}{
		{"plain", fault.New(fault.TicketNotFound, ""), "en", 404, fault.TicketNotFound, "There is no such ticket", "There is no such ticket", "", ""},
		{"plain", fault.New(fault.TicketNotFound, ""), "fa", 404, fault.TicketNotFound, "چنین تیکتی پیدا نشد", "چنین تیکتی پیدا نشد", "", ""},
		{"with a detail", fault.New(fault.AlreadyAssigned, "This ticket is with Ali."), "en", 409, fault.AlreadyAssigned, "Someone else already has this ticket", "This ticket is with Ali.", "", ""},
		{"with a field", fault.Invalid(field), "en", 422, fault.InvalidBody, "Some fields are not right", "This must not be empty.", "This must not be empty.", ""},
		{"with a field", fault.Invalid(field), "fa", 422, fault.InvalidBody, "برخی از فیلدها درست نیستند", "این مورد لازم است.", "این مورد لازم است.", ""},
		{"with a wait", fault.New(fault.TooManyRequests, "").WithRetryAfter(1500 * time.Millisecond), "en", 429, fault.TooManyRequests, "Too many requests; please wait a little", "Too many requests; please wait a little", "", "2"},
		{"with a cause", fault.Wrap(fault.Unavailable, errNoAnswer).WithRetryAfter(time.Second), "en", 503, fault.Unavailable, "The service is not available at the moment", "The service is not available at the moment", "", "1"},
		{"unknown", errNoAnswer, "en", 500, fault.Internal, "Something went wrong on our side", "Something went wrong on our side", "", ""},
		{"unknown", errNoAnswer, "fa", 500, fault.Internal, "خطایی از سوی ما رخ داد", "خطایی از سوی ما رخ داد", "", ""},
		{"a kind nobody declared", fault.New("made_up", errNoAnswer.Error()), "en", 500, fault.Internal, "Something went wrong on our side", "Something went wrong on our side", "", ""},
	} {
		t.Run(c.name+" "+c.locale, func(t *testing.T) {
			h := newHouse(t)
			got := h.send(t, failing(c.err), user.Principal{}, call(http.MethodGet, "/tickets/x", "").with("accept-language", c.locale))
			want := map[string]any{
				"type": "urn:ticketsystem:problem:" + string(c.code), "title": c.title, "status": float64(c.status), "detail": c.detail,
				"instance": "/tickets/x", "code": string(c.code), "requestId": "request-1",
			}
			for name, value := range want {
				if got.body[name] != value {
					t.Errorf("%s: got %v, want %v", name, got.body[name], value)
				}
			}
			if len(got.body) != len(want)+1 || got.status != c.status || got.code() != string(c.code) {
				t.Errorf("got %d %v", got.status, got.body)
			}
			list, isList := got.body["errors"].([]any)
			if !isList || (len(list) == 1) != (c.message != "") || c.message != "" && got.at("errors") != nil && list[0].(map[string]any)["message"] != c.message {
				t.Errorf("errors: got %v, want %q", got.body["errors"], c.message)
			}
			if got.headers["retry-after"] != c.retry || (c.status == 429) != (got.headers["ratelimit"] == `"too_many_requests";r=0;t=2`) {
				t.Errorf("got the headers %v", got.headers)
			}
			if strings.Contains(got.text, "secret") {
				t.Errorf("the answer tells the cause: %s", got.text)
			}
			if logged := strings.Count(h.log.String(), "level=ERROR"); (logged == 1) != (c.status >= 500) || logged > 1 {
				t.Errorf("logged %d times: %s", logged, h.log)
			}
		})
	}
}

// TestAnswerHeaders that every answer has.
func TestAnswerHeaders(t *testing.T) {
	h := newHouse(t)
	for name, e := range map[string]api.Endpoint{"good": whoami(api.Anyone), "bad": failing(errors.New("x"))} {
		got := h.send(t, e, user.Principal{}, call(http.MethodGet, "/x", ""))
		for header, want := range map[string]string{"x-request-id": "request-1", "cache-control": "no-store", "x-content-type-options": "nosniff"} {
			if got.headers[header] != want {
				t.Errorf("%s: %s: got %q, want %q", name, header, got.headers[header], want)
			}
		}
	}
	got := h.send(t, api.ListProvinces(), user.Principal{}, call(http.MethodGet, "/provinces", ""))
	if provinces, _ := got.body["data"].([]any); len(provinces) != 31 || got.headers["cache-control"] != "public, max-age=86400" {
		t.Errorf("got %d provinces, cache-control %q", len(provinces), got.headers["cache-control"])
	}
}

func TestHealth(t *testing.T) {
	h := newHouse(t)
	got := h.send(t, api.Health(h.shop, "v1", h.server.Log), user.Principal{}, call(http.MethodGet, "/health", ""))
	if got.status != 200 || got.body["state"] != "ok" || got.body["version"] != "v1" {
		t.Errorf("got %d %v", got.status, got.body)
	}
	h.broken = true
	got = h.send(t, api.Health(h.shop, "v1", h.server.Log), user.Principal{}, call(http.MethodGet, "/health", ""))
	if got.status != 503 || got.body["state"] != "down" || strings.Contains(got.text, "secret") {
		t.Errorf("got %d %v", got.status, got.body)
	}
}

// TestStageIsNoPartOfThePath, neither in problems nor for Idempotency-Keys.
func TestStageIsNoPartOfThePath(t *testing.T) {
	h := newHouse(t)
	for stage, want := range map[string]string{"$default": "/live/x", "": "/live/x", "live": "/x"} {
		r := call(http.MethodGet, "/live/x", "")
		r.RequestContext.Stage = stage
		if got := h.send(t, failing(fault.New(fault.NotFound, "")), user.Principal{}, r); got.body["instance"] != want {
			t.Errorf("stage %q: got %v, want %s", stage, got.body["instance"], want)
		}
	}
}

// TestRevokedAccess: an access token that has been revoked is as good as an
// expired one, at the door and on an open socket; a younger one is good.
func TestRevokedAccess(t *testing.T) {
	h := newHouse(t)
	h.now = h.now.Add(250 * time.Millisecond)
	old := h.token(sara)
	h.revoked[saraID] = []user.Revocation{{At: h.now}}
	h.now = h.now.Add(time.Millisecond)
	for token, want := range map[string]string{old: "token_expired", h.token(sara): "", h.token(ali): ""} {
		r := call(http.MethodGet, "/x", "").with("authorization", "Bearer "+token)
		if got := h.send(t, whoami(api.SignedIn), user.Principal{}, r); got.code() != want {
			t.Errorf("got %d %q, want %q", got.status, got.code(), want)
		}
	}
	h.broken = true
	h.now = h.now.Add(time.Minute)
	r := call(http.MethodGet, "/x", "").with("authorization", "Bearer "+h.token(ali))
	if got := h.send(t, whoami(api.SignedIn), user.Principal{}, r); got.status != 500 {
		t.Errorf("when nobody can say: got %d %s, want 500", got.status, got.code())
	}
}
