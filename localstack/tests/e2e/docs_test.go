package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestStaticDocuments checks that the OpenAPI document and its viewer are public, and
// that the viewer loads nothing from other hosts.
func TestStaticDocuments(t *testing.T) {
	t.Parallel()
	var document struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := anonymous(t, http.MethodGet, "/openapi.json", nil).Decode(http.StatusOK, &document); err != nil {
		t.Fatal(err)
	}
	if document.OpenAPI == "" || document.Paths["/tickets"]["post"] == nil {
		t.Errorf("openapi.json: got version %q and %d paths, /tickets %v", document.OpenAPI, len(document.Paths), document.Paths["/tickets"])
	}
	var frames struct {
		AsyncAPI string `json:"asyncapi"`
	}
	if err := anonymous(t, http.MethodGet, "/asyncapi.json", nil).Decode(http.StatusOK, &frames); err != nil || frames.AsyncAPI == "" {
		t.Errorf("asyncapi.json: got version %q, %v", frames.AsyncAPI, err)
	}
	page := anonymous(t, http.MethodGet, "/docs", nil)
	text := string(page.Body)
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(text, "openapi.json") {
		t.Errorf("docs: got %d %s", page.Status, page.Header.Get("Content-Type"))
	}
	for _, directive := range []string{"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, directive) {
			t.Errorf("docs: got policy %q, want %s", policy, directive)
		}
	}
	if strings.Contains(text, "://") {
		t.Errorf("docs: the page refers to another host: %s", text)
	}
	script := anonymous(t, http.MethodGet, "/docs/redoc.js", nil)
	if script.Status != http.StatusOK || !strings.HasPrefix(string(script.Body), "/*!") {
		t.Errorf("docs/redoc.js: got %d, %.40q", script.Status, script.Body)
	}
}
