package blob_test

import (
	"mime"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/blob"
)

// FuzzPresignGet: a signed address offers the file under its own name, in a
// header of plain ASCII that ends where it should.
func FuzzPresignGet(f *testing.F) {
	for _, name := range []string{"a.png", `a"; filename="b.exe`, "عکس.png", "a%22.txt", "a\r\nSet-Cookie: x", "*'", "a;b,c", `\`} {
		f.Add(name)
	}
	store := blob.New(awstest.Config(), "files")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || name == "" {
			return // no such name is taken
		}
		signedURL, err := store.PresignGet(t.Context(), "files/1", name, "text/plain", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(signedURL)
		if err != nil {
			t.Fatal(err)
		}
		header := parsed.Query().Get("response-content-disposition")
		for i := range len(header) {
			if header[i] < ' ' || header[i] > '~' {
				t.Fatalf("%q: got the header %q", name, header)
			}
		}
		kind, parameters, err := mime.ParseMediaType(header)
		if err != nil && err.Error() == "mime: duplicate parameter name" {
			err = nil // two forms of one name, as RFC 6266 has it
		}
		if err != nil || kind != "attachment" || parameters["filename"] != name && parameters["filename"] == "" {
			t.Errorf("%q: got %q: %s %v, %v", name, header, kind, parameters, err)
		}
	})
}

// FuzzPresignPost: the policy holds an upload to this key, type and size.
func FuzzPresignPost(f *testing.F) {
	f.Add("uploads/1", "image/png", int64(5), digest)
	f.Add(`a"b`, "\\", int64(1), "")
	store := blob.New(awstest.Config(), "files")
	f.Fuzz(func(t *testing.T, key, media string, size int64, sum string) {
		if !utf8.ValidString(key) || !utf8.ValidString(media) || !utf8.ValidString(sum) {
			return // ids and types are the house's own
		}
		upload, err := store.PresignPost(t.Context(), key, media, size, sum, time.Minute)
		if err != nil {
			return
		}
		conditions, _ := policy(t, upload)
		for _, want := range []any{
			map[string]any{"key": key}, map[string]any{"Content-Type": media}, []any{"content-length-range", float64(1), float64(size)},
		} {
			if !contains(conditions, want) {
				t.Errorf("got %v, want %v among them", conditions, want)
			}
		}
		if sum != "" && !contains(conditions, map[string]any{"x-amz-checksum-sha256": sum}) {
			t.Errorf("got %v, want the checksum %q among them", conditions, sum)
		}
	})
}
