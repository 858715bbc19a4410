package attachment_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
)

// FuzzUploadRequestCheck checks that every accepted name is safe as a file name
// and in a response.
func FuzzUploadRequestCheck(f *testing.F) {
	for _, name := range []string{"a.png", "../a.png", "a\u202egnp.txt", "عکس.png", " .png", "a.PNG", "con.txt", "a.png\x00", "\xff.png", strings.Repeat("a", 252) + ".png"} {
		f.Add(name, "image/png", int64(5), "")
		f.Add(name, "text/plain", int64(-1), "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=")
	}
	f.Fuzz(func(t *testing.T, name, media string, size int64, digest string) {
		err := attachment.UploadRequest{Name: name, Type: media, Size: size, SHA256: digest}.Check()
		if err != nil {
			if !apperr.Is(err, apperr.InvalidBody) {
				t.Errorf("got %v, want invalid_body", err)
			}
			return
		}
		if !utf8.ValidString(name) || len(name) > attachment.MaxName || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl) ||
			size < 1 || size > attachment.MaxSize {
			t.Errorf("accepted %q of %d bytes", name, size)
		}
	})
}

// FuzzSniff checks that content matches at most one format.
func FuzzSniff(f *testing.F) {
	for _, prefix := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF89a", "RIFF....WEBP", "%PDF-1.7", "OggS", "PK\x03\x04", "\x00\x00\x00\x18ftypmp42", "text", "\xff\xfe", ""} {
		f.Add([]byte(prefix))
	}
	f.Fuzz(func(t *testing.T, prefix []byte) {
		families := map[string]bool{}
		for _, media := range attachment.Types() {
			if !attachment.Sniff(media, prefix) {
				continue
			}
			family := media
			switch {
			case strings.HasSuffix(media, "mp4"), media == "audio/x-m4a":
				family = "mp4"
			case strings.HasSuffix(media, "ogg"):
				family = "ogg"
			case strings.HasPrefix(media, "application/zip"), strings.HasPrefix(media, "application/x-zip"):
				family = "zip"
			}
			families[family] = true
		}
		if len(families) > 1 {
			t.Errorf("%q matches several formats: %v", prefix, families)
		}
		if attachment.Sniff("text/html", prefix) {
			t.Error("accepted an unsupported type")
		}
	})
}
