package api

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"testing"
)

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "deflate, gzip;q=0.5, br": true, "x-gzip": true, "*": true, "br, *;q=0.1": true,
		"gzip;q=0": false, "gzip; q=0.000": false, "*;q=0": false, "gzip;q=0, *": false, "gzip;q=1.0, *;q=0": true,
		"identity": false, "identity;q=0, gzip;q=0.1": true, "identity, gzip;q=0.5": false, "identity, gzip": true,
		"gzip;q=": false, "gzip;q=x": false, "gzip;q=NaN": false, "gzip;q=2": false, "gzip;q=-1": false, "gzip;level=1": false, "gzipped": false, ",,;": false,
	} {
		if got := accepts(header, "gzip"); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestResponse_Compressed(t *testing.T) {
	var g gzips
	long := strings.Repeat("تیکت ", 400)
	for _, c := range []struct {
		name, accept string
		response     Response
		packed, vary bool
	}{
		{"accepted", "gzip, br", ok(long), true, true},
		{"not accepted", "br", ok(long), false, true},
		{"short", "gzip", ok("short"), false, false},
		{"accepted again", "gzip", ok(long), true, true},
		{"document", "gzip", Response{Status: 200, File: []byte(`"` + long + `"`), Headers: map[string]string{"content-type": "application/json"}}, true, true},
		{"page", "gzip", Response{Status: 200, File: []byte(`"` + long + `"`), Headers: map[string]string{"content-type": "text/html; charset=utf-8"}}, true, true},
		{"compressed file", "gzip", Response{Status: 200, File: []byte(long), Headers: map[string]string{"content-type": "text/html", "content-encoding": "gzip"}}, false, false},
		{"picture", "gzip", Response{Status: 200, Body: rawText(long), Headers: map[string]string{"content-type": "image/svg+xml"}}, false, false},
		{"problem", "gzip", Response{Status: 400, Body: long, Headers: map[string]string{"content-type": "application/problem+json"}}, false, false},
	} {
		out, err := c.response.toGateway("r", c.accept, &g)
		if err != nil {
			t.Fatal(err)
		}
		if packed := out.Headers["content-encoding"] == "gzip" && c.response.Headers["content-encoding"] == ""; packed != c.packed || (out.Headers["vary"] == "accept-encoding") != c.vary {
			t.Errorf("%s: got headers %v, want gzip %v, vary %v", c.name, out.Headers, c.packed, c.vary)
		}
		if !c.packed {
			continue
		}
		reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(out.Body)))
		if err != nil || !out.IsBase64Encoded {
			t.Fatalf("%s: base64 %v, %v", c.name, out.IsBase64Encoded, err)
		}
		if text, err := io.ReadAll(reader); err != nil || string(text) != `"`+long+`"` {
			t.Errorf("%s: got %.40q, %v", c.name, text, err)
		}
	}
}
