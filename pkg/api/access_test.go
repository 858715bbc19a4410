package api_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// accessLevel is one of the endpoint constructors.
type accessLevel func(api.HandlerFunc) api.Endpoint

// echoPrincipal returns an endpoint that responds with the caller.
func echoPrincipal(level accessLevel) api.Endpoint {
	return level(func(_ context.Context, r *api.Request) (api.Response, error) {
		return api.Response{Status: http.StatusOK, Body: map[string]string{"id": r.Principal.UserID, "locale": r.Locale()}}, nil
	})
}

// TestAccess sends every kind of Authorization header to every access level.
func TestAccess(t *testing.T) {
	fx := newFixture(t)
	other := newFixture(t) // has another signing key
	expired := fx.token(sara)
	fx.now = fx.now.Add(20 * time.Minute)
	for _, c := range []struct {
		name, header                           string
		public, optional, authenticated, staff string // expected error code, "" for success
	}{
		{"no header", "", "", "", "unauthenticated", "unauthenticated"},
		{"a customer", "Bearer " + fx.token(sara), "", "", "", "forbidden"},
		{"an agent", "Bearer " + fx.token(ali), "", "", "", ""},
		{"an administrator", "bearer  " + fx.token(mina), "", "", "", ""},
		{"an expired token", "Bearer " + expired, "", "", "token_expired", "token_expired"},
		{"a foreign token", "Bearer " + other.token(ali), "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"a forged token", "Bearer " + fx.token(sara) + "x", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"nonsense", "Bearer x.y.z", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"an empty token", "Bearer ", "", "", "unauthenticated", "unauthenticated"},
		{"another scheme", "Basic c2FyYTpz", "", "unauthenticated", "unauthenticated", "unauthenticated"},
		{"no scheme", fx.token(sara), "", "unauthenticated", "unauthenticated", "unauthenticated"},
	} {
		for _, level := range []struct {
			name  string
			level accessLevel
			want  string
		}{{"public", api.Public, c.public}, {"optional", api.OptionalAuth, c.optional}, {"authenticated", api.Authenticated, c.authenticated}, {"staff", api.StaffOnly, c.staff}} {
			r := newRequest(http.MethodGet, "/x", "")
			if c.header != "" {
				r.with("authorization", c.header)
			}
			got := fx.send(t, echoPrincipal(level.level), user.Principal{}, r)
			if got.code() != level.want || (level.want == "") != (got.status == http.StatusOK) {
				t.Errorf("%s, %s endpoint: got %d %q, want %q", c.name, level.name, got.status, got.code(), level.want)
			}
			if (got.status == http.StatusUnauthorized) != (got.headers["www-authenticate"] == "Bearer") {
				t.Errorf("%s, %s endpoint: got %d with www-authenticate %q", c.name, level.name, got.status, got.headers["www-authenticate"])
			}
		}
	}
}

func TestAccess_AdminOnly(t *testing.T) {
	fx := newFixture(t)
	for _, c := range []struct {
		actor user.Principal
		want  string
	}{{user.Principal{}, "unauthenticated"}, {sara, "forbidden"}, {ali, "forbidden"}, {mina, ""}} {
		if got := fx.send(t, echoPrincipal(api.AdminOnly), c.actor, newRequest(http.MethodGet, "/x", "")); got.code() != c.want {
			t.Errorf("%s: got %d %q, want %q", c.actor.Name, got.status, got.code(), c.want)
		}
	}
}

func TestLocale(t *testing.T) {
	fx := newFixture(t)
	for _, c := range []struct {
		actor        user.Principal
		header, want string
	}{
		{user.Principal{}, "", "en"}, {user.Principal{}, "fa", "fa"}, {user.Principal{}, "fa-IR,en;q=0.5", "fa"}, {user.Principal{}, "de, FA;q=0.8", "fa"},
		{user.Principal{}, "de", "en"}, {reza, "", "fa"}, {reza, "en-GB", "en"}, {reza, "de", "fa"}, {reza, "fa;q=0", "en"}, {sara, "*", "en"},
	} {
		got := fx.send(t, echoPrincipal(api.OptionalAuth), c.actor, newRequest(http.MethodGet, "/x", "").with("accept-language", c.header))
		if got.body["locale"] != c.want {
			t.Errorf("%q for %s: got %v, want %s", c.header, c.actor.Name, got.body["locale"], c.want)
		}
	}
}

// failWith returns an endpoint that fails with err.
func failWith(err error) api.Endpoint {
	return api.Public(func(context.Context, *api.Request) (api.Response, error) { return api.Response{}, err })
}

// TestProblem_ThirdLanguage checks that every error has the texts of a registered language,
// which Accept-Language selects.
func TestProblem_ThirdLanguage(t *testing.T) {
	texts := locale.Texts(locale.English)
	for key, text := range texts {
		texts[key] = "xx " + text
	}
	defer locale.Register("xx", texts)()
	for _, code := range apperr.Codes() {
		err := apperr.New(code, "A detail.").WithFields(apperr.Field{Pointer: "/title", Code: "too_long", Message: "At most 120 characters."})
		got := newFixture(t).send(t, failWith(err), user.Principal{}, newRequest(http.MethodGet, "/tickets/x", "").with("accept-language", "xx-YY, fa"))
		if title, _ := got.body["title"].(string); !strings.HasPrefix(title, "xx ") || got.body["detail"] != "title: xx Too long." {
			t.Errorf("%s: got %v", code, got.body)
		}
	}
}

// TestProblem checks the problem document of each kind of error, in both languages.
func TestProblem(t *testing.T) {
	field := apperr.Field{Pointer: "/title", Code: "required", Message: "This must not be empty."}
	for _, c := range []struct {
		name           string
		err            error
		locale         string
		status         int
		code           apperr.Code
		title, detail  string
		message, retry string
	}{
		{"plain", apperr.New(apperr.TicketNotFound, ""), "en", 404, apperr.TicketNotFound, "There is no such ticket", "There is no such ticket", "", ""},
		{"plain", apperr.New(apperr.TicketNotFound, ""), "fa", 404, apperr.TicketNotFound, "چنین تیکتی پیدا نشد", "چنین تیکتی پیدا نشد", "", ""},
		{"with a detail", apperr.New(apperr.AlreadyAssigned, "This ticket is assigned to Ali."), "en", 409, apperr.AlreadyAssigned, "Someone else already has this ticket", "This ticket is assigned to Ali.", "", ""},
		{"with a field", apperr.Validation(field), "en", 422, apperr.InvalidBody, "Some fields are invalid", "title: This must not be empty.", "This must not be empty.", ""},
		{"with a field", apperr.Validation(field), "fa", 422, apperr.InvalidBody, "برخی از فیلدها درست نیستند", "title: این مورد لازم است.", "این مورد لازم است.", ""},
		{"with a field and a detail", apperr.New(apperr.AttachmentRefused, "It was refused.").WithFields(apperr.Field{Pointer: "/attachmentIds/1", Code: "refused", Message: "The attachment a.png was refused."}), "en", 422, apperr.AttachmentRefused, "The attachment was refused", "attachmentIds.1: The attachment a.png was refused.", "The attachment a.png was refused.", ""},
		{"with a parameter", apperr.New(apperr.BadRequest, "limit must be a number.").WithFields(apperr.Field{Pointer: "?limit", Code: "not_a_number", Message: "limit must be a number."}), "en", 400, apperr.BadRequest, "The request contains an invalid value", "limit must be a number.", "limit must be a number.", ""},
		{"with a wait", apperr.New(apperr.TooManyRequests, "").WithRetryAfter(1500 * time.Millisecond), "en", 429, apperr.TooManyRequests, "Too many requests; please wait a little", "Too many requests; please wait a little", "", "2"},
		{"with a cause", apperr.Wrap(apperr.Unavailable, errStoreDown).WithRetryAfter(time.Second), "en", 503, apperr.Unavailable, "The service is not available at the moment", "The service is not available at the moment", "", "1"},
		{"unknown", errStoreDown, "en", 500, apperr.Internal, "Something went wrong on our side", "Something went wrong on our side", "", ""},
		{"unknown", errStoreDown, "fa", 500, apperr.Internal, "خطایی از سوی ما رخ داد", "خطایی از سوی ما رخ داد", "", ""},
		{"an undefined code", apperr.New("made_up", errStoreDown.Error()), "en", 500, apperr.Internal, "Something went wrong on our side", "Something went wrong on our side", "", ""},
	} {
		t.Run(c.name+" "+c.locale, func(t *testing.T) {
			fx := newFixture(t)
			got := fx.send(t, failWith(c.err), user.Principal{}, newRequest(http.MethodGet, "/tickets/x", "").with("accept-language", c.locale))
			want := map[string]any{
				"type": "urn:ticketsystem:problem:" + string(c.code), "title": c.title, "status": float64(c.status), "detail": c.detail,
				"instance": "/tickets/x", "code": string(c.code), "requestId": "request-1",
			}
			if seconds, err := strconv.ParseFloat(c.retry, 64); err == nil {
				want["retryAfter"] = seconds
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
			if !isList || (len(list) == 1) != (c.message != "") || c.message != "" && got.field("errors") != nil && list[0].(map[string]any)["message"] != c.message {
				t.Errorf("errors: got %v, want %q", got.body["errors"], c.message)
			}
			if got.headers["retry-after"] != c.retry || (c.status == 429) != (got.headers["ratelimit"] == `"too_many_requests";r=0;t=2`) {
				t.Errorf("got the headers %v", got.headers)
			}
			if strings.Contains(got.text, "secret") {
				t.Errorf("the response discloses the cause: %s", got.text)
			}
			if logged := strings.Count(fx.log.String(), "level=ERROR"); (logged == 1) != (c.status >= 500) || logged > 1 {
				t.Errorf("logged %d times: %s", logged, fx.log)
			}
		})
	}
}

// TestResponseHeaders checks the headers that every response has.
func TestResponseHeaders(t *testing.T) {
	fx := newFixture(t)
	for name, e := range map[string]api.Endpoint{"good": echoPrincipal(api.Public), "bad": failWith(errors.New("x"))} {
		got := fx.send(t, e, user.Principal{}, newRequest(http.MethodGet, "/x", ""))
		for header, want := range map[string]string{"x-request-id": "request-1", "cache-control": "no-store", "x-content-type-options": "nosniff"} {
			if got.headers[header] != want {
				t.Errorf("%s: %s: got %q, want %q", name, header, got.headers[header], want)
			}
		}
	}
	got := fx.send(t, api.ListProvinces(), user.Principal{}, newRequest(http.MethodGet, "/provinces", ""))
	if provinces, _ := got.body["data"].([]any); len(provinces) != 31 || got.headers["cache-control"] != "public, max-age=86400" {
		t.Errorf("got %d provinces, cache-control %q", len(provinces), got.headers["cache-control"])
	}
}

func TestGetHealth(t *testing.T) {
	fx := newFixture(t)
	got := fx.send(t, api.GetHealth(fx.memStore, "v1", fx.server.Log), user.Principal{}, newRequest(http.MethodGet, "/health", ""))
	if got.status != 200 || got.body["state"] != "ok" || got.body["version"] != "v1" {
		t.Errorf("got %d %v", got.status, got.body)
	}
	fx.down = true
	got = fx.send(t, api.GetHealth(fx.memStore, "v1", fx.server.Log), user.Principal{}, newRequest(http.MethodGet, "/health", ""))
	if got.status != 503 || got.body["state"] != "down" || strings.Contains(got.text, "secret") {
		t.Errorf("got %d %v", got.status, got.body)
	}
}

// TestPath_StageStripped checks that the path in a problem document excludes the stage.
func TestPath_StageStripped(t *testing.T) {
	fx := newFixture(t)
	for stage, want := range map[string]string{"$default": "/live/x", "": "/live/x", "live": "/x"} {
		r := newRequest(http.MethodGet, "/live/x", "")
		r.RequestContext.Stage = stage
		if got := fx.send(t, failWith(apperr.New(apperr.NotFound, "")), user.Principal{}, r); got.body["instance"] != want {
			t.Errorf("stage %q: got %v, want %s", stage, got.body["instance"], want)
		}
	}
}

// TestAccess_RevokedToken checks that a revoked access token is rejected like an expired one,
// and that tokens issued later and those of other users stay valid.
func TestAccess_RevokedToken(t *testing.T) {
	fx := newFixture(t)
	fx.now = fx.now.Add(250 * time.Millisecond)
	old := fx.token(sara)
	must(fx.AddRevocation(t.Context(), saraID, user.Revocation{At: fx.now}))
	fx.now = fx.now.Add(time.Millisecond)
	for token, want := range map[string]string{old: "token_expired", fx.token(sara): "", fx.token(ali): ""} {
		r := newRequest(http.MethodGet, "/x", "").with("authorization", "Bearer "+token)
		if got := fx.send(t, echoPrincipal(api.Authenticated), user.Principal{}, r); got.code() != want {
			t.Errorf("got %d %q, want %q", got.status, got.code(), want)
		}
	}
	fx.down = true
	fx.now = fx.now.Add(time.Minute)
	r := newRequest(http.MethodGet, "/x", "").with("authorization", "Bearer "+fx.token(ali))
	if got := fx.send(t, echoPrincipal(api.Authenticated), user.Principal{}, r); got.status != 500 {
		t.Errorf("store down: got %d %s, want 500", got.status, got.code())
	}
}

// TestProblem_Quota checks the headers of a limit per user (draft-ietf-httpapi-ratelimit-headers).
func TestProblem_Quota(t *testing.T) {
	fx := newFixture(t)
	err := limit.Rule{Name: "tickets", Max: 10, Window: time.Minute}.Exceeded(1500 * time.Millisecond)
	got := fx.send(t, failWith(err), user.Principal{}, newRequest(http.MethodGet, "/tickets/x", ""))
	if got.status != 429 || got.code() != "rate_limited" {
		t.Errorf("got %d %s, want 429 rate_limited", got.status, got.code())
	}
	for name, want := range map[string]string{"retry-after": "2", "ratelimit": `"tickets";r=0;t=2`, "ratelimit-policy": `"tickets";q=10;w=60`} {
		if got.headers[name] != want {
			t.Errorf("%s: got %q, want %q", name, got.headers[name], want)
		}
	}
}
