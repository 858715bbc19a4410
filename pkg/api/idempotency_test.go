package api_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// countingEndpoint counts its runs and responds with the count, or fails with err.
type countingEndpoint struct {
	runs int
	err  error
}

func (c *countingEndpoint) endpoint() api.Endpoint {
	return api.OptionalAuth(func(context.Context, *api.Request) (api.Response, error) {
		c.runs++
		if c.err != nil {
			return api.Response{}, c.err
		}
		return api.Response{Status: http.StatusCreated, Headers: map[string]string{"location": "/x/1"}, Body: map[string]int{"run": c.runs}}, nil
	})
}

func withKey(body string) *request {
	return newRequest(http.MethodPost, "/x", body).with("idempotency-key", "k1")
}

// retryWithKey is withKey with the request id of a second request.
func retryWithKey(body string) *request {
	r := withKey(body)
	r.RequestContext.RequestID = "request-2"
	return r
}

// TestIdempotency_ReplaysResponse checks that a retry gets the stored response and that the
// record discloses neither the response nor the key.
func TestIdempotency_ReplaysResponse(t *testing.T) {
	fx := newFixture(t)
	c := &countingEndpoint{}
	first := fx.send(t, c.endpoint(), sara, withKey(`{"a":1}`))
	again := fx.send(t, c.endpoint(), sara, withKey(`{"a":1}`))
	if c.runs != 1 || again.status != first.status || again.text != first.text || again.headers["location"] != "/x/1" {
		t.Errorf("got %d runs, %d %s %v, want the first response %d %s", c.runs, again.status, again.text, again.headers, first.status, first.text)
	}
	if first.headers["idempotency-replayed"] != "" || again.headers["idempotency-replayed"] != "true" {
		t.Errorf("replayed: got %q and %q", first.headers["idempotency-replayed"], again.headers["idempotency-replayed"])
	}
	for _, r := range fx.Requests() {
		if strings.Contains(r.Response+r.Key+r.BodyHash, "location") || strings.Contains(r.Key, "k1") || r.ExpiresAt.Sub(fx.now) != 24*time.Hour {
			t.Errorf("got record %+v", r)
		}
	}
}

// TestIdempotency_StoredResponse checks that the record and the application key do not
// suffice to read a response.
func TestIdempotency_StoredResponse(t *testing.T) {
	fx := newFixture(t)
	fx.send(t, (&countingEndpoint{}).endpoint(), sara, withKey(`{"a":1}`))
	for _, r := range fx.Requests() {
		for _, aad := range []string{"", r.Key, r.Key + `k1{"a":1}`} {
			if plain, err := fx.server.Key.Open("idempotency-answer", r.Response, []byte(aad)); err == nil {
				t.Errorf("got %s", plain)
			}
		}
	}
}

// TestIdempotency_RequestIdentity checks that user, path, key and body identify a request.
func TestIdempotency_RequestIdentity(t *testing.T) {
	for _, c := range []struct {
		name  string
		actor user.Principal
		r     *request
		runs  int
		code  string
	}{
		{"same request", sara, withKey(`{"a":1}`), 1, ""},
		{"another body", sara, withKey(`{"a":2}`), 1, "idempotency_mismatch"},
		{"another user", reza, withKey(`{"a":1}`), 2, ""},
		{"another user and body", reza, withKey(`{"a":2}`), 2, ""},
		{"anonymous", user.Principal{}, withKey(`{"a":1}`), 2, ""},
		{"another path", sara, newRequest(http.MethodPost, "/y", `{"a":1}`).with("idempotency-key", "k1"), 2, ""},
		{"another key", sara, newRequest(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", "k2"), 2, ""},
		{"no key", sara, newRequest(http.MethodPost, "/x", `{"a":1}`), 2, ""},
		{"not a POST", sara, newRequest(http.MethodGet, "/x", `{"a":1}`).with("idempotency-key", "k1"), 2, ""},
		{"a key that is too long", sara, newRequest(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", strings.Repeat("k", 256)), 1, "bad_request"},
		{"the longest key", sara, newRequest(http.MethodPost, "/x", `{"a":1}`).with("idempotency-key", strings.Repeat("k", 255)), 2, ""},
	} {
		fx := newFixture(t)
		count := &countingEndpoint{}
		fx.send(t, count.endpoint(), sara, withKey(`{"a":1}`))
		got := fx.send(t, count.endpoint(), c.actor, c.r)
		if count.runs != c.runs || got.code() != c.code {
			t.Errorf("%s: got %d runs and %q, want %d and %q", c.name, count.runs, got.code(), c.runs, c.code)
		}
	}
}

// TestIdempotency_RoleChanged checks that a stored response for staff is not shown to a user who
// is staff no more.
func TestIdempotency_RoleChanged(t *testing.T) {
	fx := newFixture(t)
	count := &countingEndpoint{}
	for i, role := range []user.Role{user.RoleAdmin, user.RoleSupport, user.RoleUser} {
		for range 2 {
			fx.send(t, count.endpoint(), user.Principal{UserID: rezaID, Role: role}, withKey(`{"a":1}`))
		}
		if count.runs != i+1 {
			t.Errorf("%s: got %d runs, want %d", role, count.runs, i+1)
		}
	}
}

// TestIdempotency_ErrorsStored checks that permanent errors are stored and transient ones not.
func TestIdempotency_ErrorsStored(t *testing.T) {
	for _, c := range []struct {
		err    error
		stored bool
	}{
		{apperr.New(apperr.Forbidden, ""), true}, {apperr.New(apperr.TicketNotFound, ""), true},
		{apperr.Validation(apperr.Field{Pointer: "/a", Code: "unknown"}), true}, {apperr.New(apperr.VersionStale, ""), false},
		{apperr.New(apperr.TooManyRequests, "").WithRetryAfter(time.Second), false}, {apperr.New(apperr.Conflict, ""), false},
		{apperr.New(apperr.Unavailable, ""), false}, {errors.New("broken"), false},
	} {
		fx := newFixture(t)
		count := &countingEndpoint{err: c.err}
		first := fx.send(t, count.endpoint(), sara, withKey("{}"))
		again := fx.send(t, count.endpoint(), sara, withKey("{}"))
		if (count.runs == 1) != c.stored || again.code() != first.code() || again.status != first.status {
			t.Errorf("%v: got %d runs, %d %s, want stored %v", c.err, count.runs, again.status, again.code(), c.stored)
		}
		count.err = nil
		if third := fx.send(t, count.endpoint(), sara, withKey("{}")); (third.status == 201) == c.stored {
			t.Errorf("%v, then success: got %d", c.err, third.status)
		}
	}
}

// TestIdempotency_InProgress checks that a concurrent retry gets 409 until InProgressTimeout.
func TestIdempotency_InProgress(t *testing.T) {
	fx := newFixture(t)
	count := &countingEndpoint{}
	var second response
	nested := api.OptionalAuth(func(ctx context.Context, r *api.Request) (api.Response, error) {
		second = fx.send(t, count.endpoint(), sara, retryWithKey("{}"))
		return api.Response{}, errors.New("the function is killed")
	})
	fx.send(t, nested, sara, withKey("{}"))
	if second.code() != "idempotency_running" || second.status != 409 || second.headers["retry-after"] == "" || count.runs != 0 {
		t.Errorf("got %d %s, retry-after %q", second.status, second.code(), second.headers["retry-after"])
	}
	fx.send(t, nested, sara, withKey("{}"))
	for _, r := range fx.Requests() { // the state after a crash of the function
		r.Response = ""
		must(fx.CompleteRequest(t.Context(), r))
	}
	for after, want := range map[time.Duration]int{idempotency.InProgressTimeout - time.Second: 409, idempotency.InProgressTimeout + time.Second: 201} {
		fx := newFixture(t)
		fx.send(t, (&countingEndpoint{}).endpoint(), sara, withKey("{}"))
		for _, r := range fx.Requests() {
			r.Response = ""
			must(fx.CompleteRequest(t.Context(), r))
		}
		if fx.now = fx.now.Add(after); fx.send(t, count.endpoint(), sara, retryWithKey("{}")).status != want {
			t.Errorf("after %v: want %d", after, want)
		}
	}
}

// TestIdempotency_SealedResponse checks that a record moved to another key is rejected.
func TestIdempotency_SealedResponse(t *testing.T) {
	fx := newFixture(t)
	count := &countingEndpoint{}
	fx.send(t, count.endpoint(), sara, withKey("{}"))
	fx.send(t, count.endpoint(), reza, withKey("{}"))
	records := slices.Collect(maps.Values(fx.Requests()))
	records[0].Response, records[1].Response = records[1].Response, records[0].Response
	for _, r := range records {
		must(fx.CompleteRequest(t.Context(), r))
	}
	for _, actor := range []user.Principal{sara, reza} {
		if got := fx.send(t, count.endpoint(), actor, withKey("{}")); got.status != 500 || got.code() != "internal" {
			t.Errorf("%s: got %d %s", actor.Name, got.status, got.text)
		}
	}
}

// TestIdempotency_StoreDown checks that the endpoint does not run if the key cannot be stored,
// and that the response is returned if only storing it fails.
func TestIdempotency_StoreDown(t *testing.T) {
	fx := newFixture(t)
	count := &countingEndpoint{}
	fx.down = true
	if got := fx.send(t, count.endpoint(), sara, withKey("{}")); got.status != 500 || count.runs != 0 {
		t.Errorf("got %d after %d runs", got.status, count.runs)
	}
	fx.down = false
	breaking := api.OptionalAuth(func(context.Context, *api.Request) (api.Response, error) {
		fx.down = true
		return api.Response{Status: http.StatusCreated, Body: map[string]int{}}, nil
	})
	if got := fx.send(t, breaking, sara, withKey("{}")); got.status != 201 || !strings.Contains(fx.log.String(), "idempotency record not stored") {
		t.Errorf("got %d, logged %s", got.status, fx.log)
	}
}

// TestIdempotency_NoContent checks that a stored 204 is replayed without a body.
func TestIdempotency_NoContent(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID, "message")
	for i := range 2 {
		got := fx.send(t, api.MarkRead(fx.tickets), sara, newRequest(http.MethodPost, "/tickets/x/read", `{"seq":1}`).with("idempotency-key", "k"))
		if got.status != http.StatusNoContent || got.text != "" {
			t.Errorf("%d: got %d %q", i, got.status, got.text)
		}
	}
	if got := fmt.Sprint(fx.ticketLog(oneID).ReadMarkers); got != "map["+saraID+":1]" {
		t.Errorf("got read markers %s", got)
	}
}

// TestIdempotency_AnonymousFlood checks that the keys of an address without credentials are not
// stored above a limit, and that those of others are.
func TestIdempotency_AnonymousFlood(t *testing.T) {
	fx := newFixture(t)
	c := &countingEndpoint{}
	stored := func(key, ip string, actor user.Principal) bool {
		before := len(fx.Requests())
		r := newRequest(http.MethodPost, "/x", `{}`).with("idempotency-key", key)
		r.RequestContext.HTTP.SourceIP = ip
		fx.send(t, c.endpoint(), actor, r)
		return len(fx.Requests()) > before
	}
	for n := range 130 {
		if got := stored(fmt.Sprint("key ", n), fmt.Sprintf("2001:db8::%x", n), user.Principal{}); got != (n < 100) {
			t.Errorf("key %d of a network: got stored %v", n+1, got)
		}
	}
	if c.runs != 130 {
		t.Errorf("%d requests were answered, want all 130", c.runs)
	}
	if !stored("key", "198.51.100.7", user.Principal{}) || !stored("key", "2001:db8::1", sara) {
		t.Error("the key of another address, or of a user, is not stored")
	}
	if fx.now = fx.now.Add(10 * time.Minute); !stored("next", "2001:db8::1", user.Principal{}) {
		t.Error("the address is limited in the next window")
	}
}

// TestIdempotency_UserFlood checks that a user stores a bounded size of responses in ten minutes,
// also with another key for each request, and that all requests are answered.
func TestIdempotency_UserFlood(t *testing.T) {
	fx := newFixture(t)
	runs := 0
	long := api.OptionalAuth(func(context.Context, *api.Request) (api.Response, error) {
		runs++
		return api.Response{Status: http.StatusCreated, Body: map[string]string{"text": strings.Repeat("x", 60_000)}}, nil
	})
	flood := func(actor user.Principal, n int) (stored int) {
		before := len(fx.Requests())
		for range n {
			fx.send(t, long, actor, newRequest(http.MethodPost, "/x", `{}`).with("idempotency-key", fmt.Sprint("key ", runs)))
		}
		return len(fx.Requests()) - before
	}
	const most = 4096/80 + 1 // of 80 KiB, sealed
	for _, c := range []struct {
		actor user.Principal
		most  int
	}{{sara, most}, {reza, most}, {ali, 5 * most}} {
		if got := flood(c.actor, c.most+50); got < c.most/2 || got > c.most {
			t.Errorf("%s: got %d responses stored, want at most %d", c.actor.Name, got, c.most)
		}
	}
	if want := 7*most + 150; runs != want {
		t.Errorf("%d requests were answered, want all %d", runs, want)
	}
	if fx.now = fx.now.Add(10 * time.Minute); flood(sara, 1) != 1 {
		t.Error("the user is limited in the next window")
	}
}
