package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/user"
)

// TestQuery_Rejected checks that parameters that a route does not have, and parameters that
// are malformed or sent twice, are rejected by name.
func TestQuery_Rejected(t *testing.T) {
	fx := newFixture(t)
	for _, c := range []struct{ method, path, query, want string }{
		{"GET", "/tickets", "status=open&limit=5&&", ""},
		{"GET", "/tickets", "q=a;b", ""},
		{"GET", "/tickets", "%71=x", ""},
		{"GET", "/tickets", "customers=x", "?customers unknown"},
		{"GET", "/tickets", "tags=x&limit=5", "?tags unknown"},
		{"GET", "/tickets", "Limit=5", "?Limit unknown"},
		{"GET", "/tickets", "status[]=open", "?status[] unknown"},
		{"GET", "/tickets", "status%20=open", "?status  unknown"},
		{"GET", "/tickets", "=x", "? unknown"},
		{"GET", "/tickets", "%zz=1", "?%zz unknown"},
		{"GET", "/tickets", "%ff=1", "?\uFFFD unknown"},
		{"GET", "/tickets", strings.Repeat("x", 5000), "?" + strings.Repeat("x", 100) + " unknown"},
		{"GET", "/tickets", "a%E2%80%AEb%00%E2%81%A6c%0A%E2%80%A8", "?abc unknown"},
		{"GET", "/tickets", "q=%zz", "?q malformed"},
		{"GET", "/tickets", "q=%ff", "?q malformed"},
		{"GET", "/tickets", "limit=1&limit=2", "?limit duplicate"},
		{"GET", "/tickets", "limit=1&l%69mit=1", "?limit duplicate"},
		{"GET", "/admin/audit", "user=x", "?user unknown"},
		{"GET", "/tickets/x", "limit=1", "?limit unknown"},
		{"POST", "/tickets", "status=open", "?status unknown"},
		{"DELETE", "/tickets/x", "force", "?force unknown"},
		{"GET", "/nowhere", "x=1", "?x unknown"},
	} {
		got := fx.send(t, echoPrincipal(api.Public), user.Principal{}, newRequest(c.method, c.path, "").query(c.query))
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if !slices.Equal(got.fieldErrors(), want) || (got.status == 400) != (c.want != "") {
			t.Errorf("%s %s?%.20s: got %d %v, want %v", c.method, c.path, c.query, got.status, got.fieldErrors(), want)
		}
		if strings.ContainsFunc(got.text, func(r rune) bool { return unicode.In(r, unicode.Cf) }) {
			t.Errorf("%s?%.20s: got %q, want no format characters", c.path, c.query, got.text)
		}
	}
}

// TestQuery_AfterAuthentication checks that anonymous callers get 401, whatever they send.
func TestQuery_AfterAuthentication(t *testing.T) {
	r := newRequest(http.MethodGet, "/tickets", "").query("tags=x")
	if got := newFixture(t).send(t, echoPrincipal(api.Authenticated), user.Principal{}, r); got.status != 401 {
		t.Errorf("got %d, want 401", got.status)
	}
}

// TestResponse_SecurityHeaders checks the headers that protect pages in browsers.
func TestResponse_SecurityHeaders(t *testing.T) {
	fx := newFixture(t)
	for proto, hsts := range map[string]string{"": "max-age=31536000", "https": "max-age=31536000", "http": ""} {
		for name, e := range map[string]api.Endpoint{"success": echoPrincipal(api.Public), "failure": failWith(errStoreDown)} {
			out, err := fx.server.HTTP(e)(context.Background(), newRequest(http.MethodGet, "/x", "").with("x-forwarded-proto", proto).APIGatewayV2HTTPRequest)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Headers["strict-transport-security"]; got != hsts {
				t.Errorf("%s over %q: got strict-transport-security %q, want %q", name, proto, got, hsts)
			}
			for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
				if policy := out.Headers["content-security-policy"]; !strings.Contains(policy, directive) {
					t.Errorf("%s: got content-security-policy %q, want %s", name, policy, directive)
				}
			}
		}
	}
}
