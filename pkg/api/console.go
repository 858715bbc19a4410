package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"ticketsystem/pkg/apperr"
)

// ConsoleSettings is what the pages of the console know of their stack.
type ConsoleSettings struct {
	Version    string `json:"version"`
	Stage      string `json:"stage"`
	Region     string `json:"region"` // country of phone numbers without a country code
	ReopenDays int    `json:"reopenDays"`
	MaxFileMiB int    `json:"maxFileMiB"`
}

// Console is the web console: the files that Vite has built, and the origins that its pages use
// besides their own.
type Console struct {
	Files        fs.FS // with index.html, or none of the files before the first build
	Settings     ConsoleSettings
	SocketOrigin string // wss://host
	FilesOrigin  string // https://host of the bucket
}

// consoleTypes are the media types of the files by extension.
var consoleTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json",
}

// settingsMark stands in index.html where the settings belong.
const settingsMark = `>"settings"<`

// pageMark stands in the name of the cache of sw.js, which holds the page and its headers: a browser
// takes them again when the bytes of sw.js change.
const pageMark = "@settings@"

// ServeConsole returns the endpoint of the console: / leads to it, the files of Vite have hashes in
// their names and never change, and every other path without an extension is index.html, whose
// script shows the screen of the path. It fails with not_found for a missing file.
func ServeConsole(c Console) (Endpoint, error) {
	index, err := c.index()
	if err != nil {
		return Endpoint{}, err
	}
	pageHash := hashOf(index, c.policy())
	e := Public(func(_ context.Context, r *Request) (Response, error) {
		name, inConsole := strings.CutPrefix(r.Path, "/app")
		name = strings.TrimPrefix(name, "/")
		switch {
		case !inConsole:
			return Response{Status: http.StatusFound, Headers: map[string]string{"location": "app/"}}, nil
		case path.Ext(name) == "" && !strings.HasPrefix(name, "assets/"):
			return c.fresh(r, index, consoleTypes[".html"], c.policy()), nil
		}
		return c.file(r, name, pageHash)
	})
	e.unrouted = true // the screens have query parameters
	return e, nil
}

// index returns index.html with the settings.
func (c Console) index() ([]byte, error) {
	page, err := fs.ReadFile(c.Files, "index.html")
	if errors.Is(err, fs.ErrNotExist) { // a plain go build
		return []byte("The console was not built. Run `make console`, which `make run` and `sam build` do by themselves."), nil
	} else if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(c.Settings) // escapes < and >
	return bytes.Replace(page, []byte(settingsMark), fmt.Appendf(nil, ">%s<", settings), 1), err
}

// file returns a file of the build, as brotli or gzip if the client accepts it. pageHash is that of
// the page, which the service worker contains.
func (c Console) file(r *Request, name, pageHash string) (Response, error) {
	mediaType := consoleTypes[path.Ext(name)]
	content, err := fs.ReadFile(c.Files, name)
	if err != nil || mediaType == "" || name == "index.html" {
		return Response{}, apperr.New(apperr.NotFound, "")
	}
	if !strings.HasPrefix(name, "assets/") {
		content = bytes.ReplaceAll(content, []byte(pageMark), []byte(pageHash))
		return c.fresh(r, content, mediaType, c.policy()), nil
	}
	headers := map[string]string{"content-type": mediaType, "cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
	for _, coding := range []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if packed, err := fs.ReadFile(c.Files, name+coding.extension); err == nil && accepts(r.header("accept-encoding"), coding.name) {
			headers["content-encoding"] = coding.name
			return Response{Status: http.StatusOK, Headers: headers, File: packed}, nil
		}
	}
	return Response{Status: http.StatusOK, Headers: headers, File: content}, nil
}

// fresh returns a file that the client must validate before each use.
func (c Console) fresh(r *Request, content []byte, mediaType, policy string) Response {
	headers := map[string]string{
		"content-type": mediaType, "cache-control": "no-cache", "etag": `"` + hashOf(content, policy) + `"`,
		"content-security-policy": policy, "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
		"permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
	}
	if strings.Contains(r.header("if-none-match"), headers["etag"]) {
		return Response{Status: http.StatusNotModified, Headers: headers}
	}
	return Response{Status: http.StatusOK, Headers: headers, File: content}
}

// hashOf returns a hash of a file and its policy.
func hashOf(content []byte, policy string) string {
	sum := sha256.Sum256(append([]byte(policy+"\n"), content...))
	return hex.EncodeToString(sum[:12])
}

// policy is the Content-Security-Policy of the pages: scripts and styles are files of this origin,
// and only the script's own Trusted Types policy can register the service worker.
func (c Console) policy() string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "img-src 'self' blob: data: " + c.FilesOrigin,
		"media-src blob: " + c.FilesOrigin, "connect-src 'self' " + c.SocketOrigin + " " + c.FilesOrigin, "worker-src 'self'", "manifest-src 'self'",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types console",
	}, "; ")
}
