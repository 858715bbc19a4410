package api_test

import (
	"net/http"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/user"
)

func TestRouteNotFound(t *testing.T) {
	endpoint := api.RouteNotFound(func() (map[string][]string, error) {
		return map[string][]string{"/": {"GET"}, "/tickets": {"GET", "POST"}, "/tickets/{id}": {"DELETE"}, "/tickets/counts": {"GET"}, "/tickets/{id}/read": {"POST"}}, nil
	})
	for _, c := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{http.MethodGet, "/nowhere", 404, "not_found", ""},
		{http.MethodTrace, "/", 405, "method_not_allowed", "GET"},
		{http.MethodGet, "//", 404, "not_found", ""},
		{http.MethodPut, "/tickets", 405, "method_not_allowed", "GET, POST"},
		{http.MethodPut, "/tickets/counts", 405, "method_not_allowed", "GET"},
		{http.MethodGet, "/tickets/01/read", 405, "method_not_allowed", "POST"},
		{http.MethodGet, "/tickets//read", 404, "not_found", ""},
		{http.MethodGet, "/tickets/01/read/", 404, "not_found", ""},
	} {
		got := newFixture(t).send(t, endpoint, user.Principal{}, newRequest(c.method, c.path, "text").query("x=1").with("content-type", "text/plain"))
		if got.status != c.status || got.code() != c.code || got.headers["allow"] != c.allow {
			t.Errorf("%s %s: got %d %s, allow %q, want %d %s, %q", c.method, c.path, got.status, got.code(), got.headers["allow"], c.status, c.code, c.allow)
		}
	}
}
