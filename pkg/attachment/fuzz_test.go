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
		err := check(t, attachment.UploadRequest{Name: name, Type: media, Size: size, SHA256: digest})
		if err != nil {
			if !apperr.Is(err, apperr.InvalidBody) {
				t.Errorf("got %v, want invalid_body", err)
			}
			return
		}
		if !utf8.ValidString(name) || len(name) > attachment.MaxName || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl) ||
			size < 1 || size > maxSize {
			t.Errorf("accepted %q of %d bytes", name, size)
		}
	})
}
