package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-lambda-go/events"
)

// getConsole requests a path of a console with the files of a build.
func getConsole(t *testing.T, files fstest.MapFS, path string, headers map[string]string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	return getOf(t, Console{
		Files: files, Settings: ConsoleSettings{Version: "</script>", Region: "IR"},
		SocketOrigin: "wss://socket.example", FilesOrigin: "https://files.example",
	}, path, headers)
}

func getOf(t *testing.T, c Console, path string, headers map[string]string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	e, err := ServeConsole(c)
	if err != nil {
		t.Fatal(err)
	}
	event := events.APIGatewayV2HTTPRequest{RawPath: path, RawQueryString: "q=a&q=b", Headers: headers}
	event.RequestContext.HTTP.Method = http.MethodGet
	response, err := (&Server{}).HTTP(e)(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func consoleFiles() fstest.MapFS {
	return fstest.MapFS{
		"index.html":                {Data: []byte(`<script type="application/json" id="settings">"settings"</script>`)},
		"sw.js":                     {Data: []byte("worker console-abc-@settings@")},
		"assets/index-abc123.js":    {Data: []byte("plain")},
		"assets/index-abc123.js.br": {Data: []byte("brotli")},
		"assets/index-abc123.js.gz": {Data: []byte("gzip")},
	}
}

func TestServeConsole_Paths(t *testing.T) {
	for path, want := range map[string]struct {
		status       int
		content      string
		cacheControl string
	}{
		"/":                              {302, "", "no-store"},
		"/app":                           {200, "<script", "no-cache"},
		"/app/":                          {200, "<script", "no-cache"},
		"/app/tickets/01JD0YJ5S8Q1V3":    {200, "<script", "no-cache"},
		"/app/sw.js":                     {200, "worker", "no-cache"},
		"/app/assets/index-abc123.js":    {200, "plain", "public, max-age=31536000, immutable"},
		"/app/assets/missing.js":         {404, "not_found", "no-store"},
		"/app/assets/missing":            {404, "not_found", "no-store"},
		"/app/index.html":                {404, "not_found", "no-store"}, // without its settings
		"/app/assets/index-abc123.js.br": {404, "not_found", "no-store"},
		"/app/../main.go":                {404, "not_found", "no-store"},
	} {
		got := getConsole(t, consoleFiles(), path, nil)
		body := got.Body
		if got.IsBase64Encoded {
			raw, err := base64.StdEncoding.DecodeString(body)
			if err != nil {
				t.Fatal(err)
			}
			body = string(raw)
		}
		if got.StatusCode != want.status || !strings.Contains(body, want.content) || got.Headers["cache-control"] != want.cacheControl {
			t.Errorf("%s: got %d %q %s, want %v", path, got.StatusCode, body, got.Headers["cache-control"], want)
		}
	}
	if got := getConsole(t, consoleFiles(), "/", nil).Headers["location"]; got != "app/" {
		t.Errorf("/: got location %q, want app/", got)
	}
}

func TestServeConsole_Encodings(t *testing.T) {
	for accept, want := range map[string]string{"gzip, br": "br", "gzip": "gzip", "gzip;q=1, br;q=0": "gzip", "": "", "identity": ""} {
		got := getConsole(t, consoleFiles(), "/app/assets/index-abc123.js", map[string]string{"accept-encoding": accept})
		if got.Headers["content-encoding"] != want || got.Headers["vary"] != "accept-encoding" || got.Headers["content-type"] != "text/javascript; charset=utf-8" {
			t.Errorf("%q: got %v, want content-encoding %q", accept, got.Headers, want)
		}
	}
}

func TestServeConsole_Page(t *testing.T) {
	got := getConsole(t, consoleFiles(), "/app/", nil)
	page, err := base64.StdEncoding.DecodeString(got.Body)
	if err != nil || strings.Contains(string(page), `</script>"`) || !strings.Contains(string(page), `id="settings">{"`) || !strings.Contains(string(page), `"region":"IR"`) {
		t.Errorf("got %s, %v; want the settings, without a tag in them", page, err)
	}
	for _, directive := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self' wss://socket.example https://files.example",
		"require-trusted-types-for 'script'", "trusted-types console", "frame-ancestors 'none'", "base-uri 'none'",
	} {
		if policy := got.Headers["content-security-policy"]; !strings.Contains(policy+";", directive+";") {
			t.Errorf("got policy %q, want %s", policy, directive)
		}
	}
	again := getConsole(t, consoleFiles(), "/app/tickets", map[string]string{"if-none-match": got.Headers["etag"]})
	if again.StatusCode != http.StatusNotModified || again.Body != "" || again.Headers["content-security-policy"] == "" {
		t.Errorf("with the ETag: got %d %q, want 304 with the policy", again.StatusCode, again.Body)
	}
	if got := getConsole(t, fstest.MapFS{}, "/app/", nil); got.StatusCode != http.StatusOK {
		t.Errorf("not built: got %d, want a page that says how to build it", got.StatusCode)
	}
}

// Devices keep the page and its headers until the bytes of the service worker change.
func TestServeConsole_WorkerChangesWithThePage(t *testing.T) {
	console := Console{Files: consoleFiles(), Settings: ConsoleSettings{ReopenDays: 7}, SocketOrigin: "wss://socket.example"}
	settings, policy := console, console
	settings.Settings.ReopenDays = 14
	policy.SocketOrigin = "wss://other.example"
	worker := func(c Console) string {
		body, err := base64.StdEncoding.DecodeString(getOf(t, c, "/app/sw.js", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	etag := func(c Console) string { return getOf(t, c, "/app/", nil).Headers["etag"] }
	if first := worker(console); first != worker(console) || strings.Contains(first, "@settings@") || !strings.HasPrefix(first, "worker console-abc-") {
		t.Errorf("got %q, want the hash of the page in the worker", first)
	}
	for name, changed := range map[string]Console{"settings": settings, "policy": policy} {
		if worker(changed) == worker(console) {
			t.Errorf("%s: got the same sw.js, want another one", name)
		}
		if etag(changed) == etag(console) {
			t.Errorf("%s: got the same ETag of the page, want another one", name)
		}
	}
}
