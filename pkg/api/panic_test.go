package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// TestPanic checks that a panic is answered with a problem document and logged with its stack,
// and that the request can be repeated with the same Idempotency-Key.
func TestPanic(t *testing.T) {
	for name, r := range map[string]func() *request{
		"without a key": func() *request { return newRequest(http.MethodPost, "/x", "{}") }, "with a key": func() *request { return withKey("{}") },
	} {
		fx := newFixture(t)
		runs := 0
		broken := api.OptionalAuth(func(_ context.Context, r *api.Request) (api.Response, error) {
			runs++
			return api.Response{Status: http.StatusOK, Body: r.Path[len(r.Path):][0]}, nil
		})
		for range 2 {
			got := fx.send(t, broken, sara, r())
			if got.status != 500 || got.code() != "internal" || strings.Contains(got.text, "index") {
				t.Errorf("%s: got %d %s, want 500 internal", name, got.status, got.text)
			}
		}
		if log := fx.log.String(); runs != 2 || strings.Count(log, "level=ERROR") != 2 || !strings.Contains(log, "index out of range") || !strings.Contains(log, "panic_test.go") {
			t.Errorf("%s: got %d runs, logged %s", name, runs, log)
		}
	}
}

// panickingStore is an idempotency.Store that panics.
type panickingStore struct{ idempotency.Store }

// TestPanic_BeforeEndpoint checks that a panic of the server itself is answered too.
func TestPanic_BeforeEndpoint(t *testing.T) {
	fx := newFixture(t)
	fx.server.Idempotency = panickingStore{}
	if got := fx.send(t, echoPrincipal(api.OptionalAuth), user.Principal{}, withKey("{}")); got.status != 500 || got.code() != "internal" {
		t.Errorf("got %d %s, want 500 internal", got.status, got.text)
	}
}
