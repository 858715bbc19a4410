package e2e

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ticketsystem/localstack/repo"
)

// TestStaticDocuments checks that the documents of both APIs are public.
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
}

// TestDocsPages checks that the pages have the content and the policy that they need, and
// load nothing from other hosts.
func TestDocsPages(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(repo.MustRoot(), "functions", "docs-get", "dist", "docs.html")); err != nil {
		t.Skip("make docs builds the pages")
	}
	for path, content := range map[string]string{
		"/docs":           `spec-url="openapi.json"`,
		"/docs/websocket": `id="frame.subscribed"`,
		"/docs/guide":     `id="open-a-ticket"`,
	} {
		page := anonymous(t, http.MethodGet, path, nil)
		text := string(page.Body)
		if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(text, content) {
			t.Errorf("%s: got %d %s, want a page with %s", path, page.Status, page.Header.Get("Content-Type"), content)
		}
		for _, directive := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, directive) {
				t.Errorf("%s: got policy %q, want %s", path, policy, directive)
			}
		}
		if found := regexp.MustCompile(`(src|href)="(https?:)?//[^"]*`).FindString(text); found != "" {
			t.Errorf("%s: the page refers to another host: %s", path, found)
		}
	}
	script := anonymous(t, http.MethodGet, "/docs/redoc.js", nil)
	if script.Status != http.StatusOK || !strings.HasPrefix(string(script.Body), "/*!") {
		t.Errorf("docs/redoc.js: got %d, %.40q", script.Status, script.Body)
	}
}

// TestCompression checks that a long JSON body is gzipped for a client that accepts it, and for
// no other.
func TestCompression(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{"gzip": "gzip", "gzip;q=0, br": "", "identity": ""} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, suite.api.Base()+"/openapi.json", http.NoBody)
		request = must(t, request, err)
		request.Header.Set("Accept-Encoding", accept) // so that the client does not decode the body
		response, err := http.DefaultClient.Do(request)
		response = must(t, response, err)
		body := io.Reader(response.Body)
		if got := response.Header.Get("Content-Encoding"); got != want || !strings.Contains(strings.ToLower(strings.Join(response.Header.Values("Vary"), ",")), "accept-encoding") {
			t.Errorf("%s: got Content-Encoding %q, Vary %q, want %q", accept, got, response.Header.Values("Vary"), want)
		} else if got == "gzip" {
			unpacked, err := gzip.NewReader(response.Body)
			body = must(t, unpacked, err)
		}
		text, err := io.ReadAll(body)
		if text = must(t, text, errors.Join(err, response.Body.Close())); !json.Valid(text) {
			t.Errorf("%s: got %.60q, want JSON", accept, text)
		}
	}
}
