package attachment_test

import (
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
		{"a.PNG", "image/png", maxSize, ""},
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
		{"a\u200b.png", "image/png", 1, "/name has_control"},
		{"a\u00ad.png", "image/png", 1, "/name has_control"},
		{"a\U000e0041.png", "image/png", 1, "/name has_control"},
		{"\u3164.png", "image/png", 1, "/name not_visible"},
		{"\u2800.png", "image/png", 1, "/name not_visible"},
		{" \ufe0f\u0301.png", "image/png", 1, "/name not_visible"},
		{"\u200c\u200d.png", "image/png", 1, "/name not_visible"},
		{"_.png", "image/png", 1, ""},
		{"👩\u200d🔧.png", "image/png", 1, ""},
		{".png", "image/png", 1, "/name wrong_ending"},
		{"png", "image/png", 1, "/name wrong_ending"},
		{"a.exe", "image/png", 1, "/name wrong_ending"},
		{"a.png.exe", "image/png", 1, "/name wrong_ending"},
		{"a.png", "image/jpeg", 1, "/name wrong_ending"},
		{"a.svg", "image/svg+xml", 1, "/type unknown"},
		{"a.html", "text/html", 1, "/type unknown"},
		{"a.png", "IMAGE/PNG", 1, ""},
		{"a.png", "image/png;", 1, ""},
		{"a.jpg", "image/jpg", 1, ""},
		{"a.m4a", "audio/m4a", 1, ""},
		{"a.log", "text/plain; charset=utf-8", 1, ""},
		{"a.csv", "text/csv;charset=UTF-8;header=present", 1, ""},
		{"a.csv", "application/vnd.ms-excel", 1, ""},
		{"a.xls", "application/vnd.ms-excel", 1, "/name wrong_ending"},
		{"a.HEIC", "image/heic", 1, ""},
		{"a.heif", "image/heif", 1, ""},
		{"a.mov", "video/quicktime", 1, ""},
		{"a.webm", "video/webm", 1, ""},
		{"a.mp3", "audio/mpeg", 1, ""},
		{"a.wav", "audio/x-wav", 1, ""},
		{"a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 1, ""},
		{"a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 1, ""},
		{"a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", 1, ""},
		{"a.html", "text/html; charset=utf-8", 1, "/type unknown"},
		{"a.png", "image/png, text/html", 1, "/type unknown"},
		{"a.png", "png", 1, "/type unknown"},
		{"a.png", "", 1, "/type required"},
		{"a.png", "image/png", 0, "/size too_small"},
		{"a.png", "image/png", -1, "/size too_small"},
		{"a.png", "image/png", maxSize + 1, "/size too_large"},
		{"", "x", 0, "/name required, /type unknown, /size too_small"},
	}
	for _, c := range cases {
		req := attachment.UploadRequest{Name: c.name, Type: c.mediaType, Size: c.size}
		if got := pointers(t, check(t, req)); got != c.want {
			t.Errorf("%+v: got %q, want %q", req, got, c.want)
		}
	}
}

const maxSize = 25 << 20

// check creates an upload and returns its error.
func check(t *testing.T, req attachment.UploadRequest) error {
	t.Helper()
	_, _, err := newFixture().CreateUpload(t.Context(), sara, req)
	return err
}

// TestCreateUpload_CanonicalType checks that an alias is stored by its usual name.
func TestCreateUpload_CanonicalType(t *testing.T) {
	for mediaType, want := range map[string]string{
		"image/jpg": "image/jpeg", "audio/m4a": "audio/mp4", "Text/Plain; charset=utf-8": "text/plain", "application/x-zip-compressed": "application/zip",
	} {
		f := newFixture()
		name := map[string]string{"image/jpeg": "a.jpg", "audio/mp4": "a.m4a", "text/plain": "a.txt", "application/zip": "a.zip"}[want]
		a, _, err := f.CreateUpload(t.Context(), sara, attachment.UploadRequest{Name: name, Type: mediaType, Size: 1})
		if err != nil || a.Type != want || f.stored(t).Type != want {
			t.Errorf("%s: got %s, %v, want %s", mediaType, a.Type, err, want)
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
		if got := pointers(t, check(t, req)); got != want {
			t.Errorf("digest %q: got %q, want %q", text, got, want)
		}
	}
}
