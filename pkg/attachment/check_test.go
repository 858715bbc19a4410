package attachment_test

import (
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
)

func TestUploadRequest_Check(t *testing.T) {
	long := strings.Repeat("a", 252)
	cases := []struct {
		name, mediaType string
		size            int64
		want            string // pointers and codes
	}{
		{"a.png", "image/png", 1, ""},
		{"a.PNG", "image/png", attachment.MaxSize, ""},
		{"a.jpg", "image/jpeg", 1, ""},
		{"a.jpeg", "image/jpeg", 1, ""},
		{"a.b.webp", "image/webp", 1, ""},
		{"a.gif", "image/gif", 1, ""},
		{"a.pdf", "application/pdf", 1, ""},
		{"a.txt", "text/plain", 1, ""},
		{"a.mp4", "video/mp4", 1, ""},
		{"a.m4a", "audio/mp4", 1, ""},
		{"a.m4a", "audio/x-m4a", 1, ""},
		{"a.ogg", "audio/ogg", 1, ""},
		{"a.zip", "application/zip", 1, ""},
		{"a.zip", "application/x-zip-compressed", 1, ""},
		{"فاکتور\u200cها.pdf", "application/pdf", 1, ""},
		{long[1:] + ".png", "image/png", 1, ""},
		{long + ".png", "image/png", 1, "/name too_long"},
		{"", "image/png", 1, "/name required"},
		{" \u200f", "image/png", 1, "/name has_control"},
		{"../a.png", "image/png", 1, "/name has_path"},
		{`c:\a.png`, "image/png", 1, "/name has_path"},
		{"a\x00.png", "image/png", 1, "/name has_control"},
		{"a\n.png", "image/png", 1, "/name has_control"},
		{"a\u202egnp.png", "image/png", 1, "/name has_control"},
		{"a\xff.png", "image/png", 1, "/name malformed"},
		{".png", "image/png", 1, "/name wrong_ending"},
		{"png", "image/png", 1, "/name wrong_ending"},
		{"a.exe", "image/png", 1, "/name wrong_ending"},
		{"a.png.exe", "image/png", 1, "/name wrong_ending"},
		{"a.png", "image/jpeg", 1, "/name wrong_ending"},
		{"a.svg", "image/svg+xml", 1, "/type unknown"},
		{"a.html", "text/html", 1, "/type unknown"},
		{"a.png", "IMAGE/PNG", 1, "/type unknown"},
		{"a.png", "", 1, "/type required"},
		{"a.png", "image/png", 0, "/size too_small"},
		{"a.png", "image/png", -1, "/size too_small"},
		{"a.png", "image/png", attachment.MaxSize + 1, "/size too_large"},
		{"", "x", 0, "/name required, /type unknown, /size too_small"},
	}
	for _, c := range cases {
		req := attachment.UploadRequest{Name: c.name, Type: c.mediaType, Size: c.size}
		if got := pointers(t, req.Check()); got != c.want {
			t.Errorf("%+v: got %q, want %q", req, got, c.want)
		}
	}
}

// pointers formats the pointers and codes of an invalid_body error.
func pointers(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	if !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("got %v, want invalid_body", err)
	}
	var all []string
	for _, field := range apperr.From(err).Fields {
		if field.Message == "" {
			t.Errorf("%s has no message", field.Pointer)
		}
		all = append(all, field.Pointer+" "+field.Code)
	}
	return strings.Join(all, ", ")
}

func TestUploadRequest_CheckDigest(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=":                     "",
		"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg":                      "/sha256 malformed",
		"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg=":                     "/sha256 malformed",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "/sha256 malformed",
		"c2hvcnQ=": "/sha256 malformed",
	} {
		req := attachment.UploadRequest{Name: "a.png", Type: "image/png", Size: 1, SHA256: text}
		if got := pointers(t, req.Check()); got != want {
			t.Errorf("digest %q: got %q, want %q", text, got, want)
		}
	}
}

func TestSniff(t *testing.T) {
	prefixes := map[string]string{
		"png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "jpeg": "\xff\xd8\xff\xe0\x00\x10JFIF", "webp": "RIFF\x24\x00\x00\x00WEBPVP8 ",
		"gif": "GIF89a\x01\x00", "pdf": "%PDF-1.7\n", "mp4": "\x00\x00\x00\x20ftypisom", "ogg": "OggS\x00\x02", "zip": "PK\x03\x04\x14\x00",
		"text": "سلام\r\n", "windows-1256": "\xd3\xe1\xc7\xe3", "utf-16": "\xff\xfeH\x00i\x00",
		"exe": "MZ\x90\x00\x03", "wav": "RIFF\x24\x00\x00\x00WAVE", "cut": "\x89PN\x00", "empty": "",
	}
	matching := map[string][]string{
		"image/png": {"png"}, "image/jpeg": {"jpeg"}, "image/webp": {"webp"}, "image/gif": {"gif"}, "application/pdf": {"pdf"},
		"text/plain": {"text", "windows-1256", "utf-16"}, "video/mp4": {"mp4"}, "audio/mp4": {"mp4"}, "audio/x-m4a": {"mp4"},
		"audio/ogg": {"ogg"}, "video/ogg": {"ogg"}, "application/ogg": {"ogg"},
		"application/zip": {"zip"}, "application/x-zip-compressed": {"zip"}, "text/html": nil, "png": nil, "": nil,
	}
	for _, mediaType := range attachment.Types() {
		if len(matching[mediaType]) == 0 {
			t.Errorf("%s is accepted, but no test content matches it", mediaType)
		}
	}
	for mediaType, want := range matching {
		for name, prefix := range prefixes {
			if got := attachment.Sniff(mediaType, []byte(prefix)); got != slices.Contains(want, name) {
				t.Errorf("Sniff(%q, %s): got %v", mediaType, name, got)
			}
		}
	}
}
