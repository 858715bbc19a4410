package filetype_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/filetype"
)

const office = "application/vnd.openxmlformats-officedocument."

// archive returns a zip archive with empty files of the given names.
func archive(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMatches(t *testing.T) {

	const preview = "office document with a preview first"
	files := map[string]string{
		"png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "jpeg": "\xff\xd8\xff\xe0\x00\x10JFIF", "webp": "RIFF\x24\x00\x00\x00WEBPVP8 ", "gif": "GIF89a\x01\x00",
		"pdf": "%PDF-1.7\n", "pdf with a prefix": "\x00\x01 job header\r\n%PDF-1.4\n\xe2\xe3", "pdf at 1019": strings.Repeat("\x01", 1019) + "%PDF-1.7\n",
		"late pdf": strings.Repeat("\x01", 1020) + "%PDF-1.7\n",
		"mp4":      ftyp("isom", "isom"), "m4a": ftyp("M4A "), "mov": ftyp("qt  "), "heic": ftyp("heic"), "heif": ftyp("mif1"),
		"webm": "\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86\x81\x01\x42\x82\x84webm", "mp3": "ID3\x04\x00\x00\x00\x00\x00\x23TSSE\x00\x00\x00\x0f\x00\x00\x03Lavf58.29.100", "wav": "RIFF\x24\x00\x00\x00WAVEfmt ",
		"ogg": "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01vorbis",
		"zip": archive(t, "a.txt"), "empty zip": archive(t),
		"docx": archive(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"), "xlsx": archive(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
		"pptx": archive(t, "[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml"),
		"text": "سلام\r\n", "windows-1256": "\xd3\xe1\xc7\xe3", "utf-16": "\xff\xfeH\x00i\x00", "csv": "a,b\n1,2\n3,4\n", "log": "2026-03-21 12:00:00 \x1b[31mERROR\x1b[0m x\n",
		"text like a program": "MZ-1200 does not start\n", "text about a pdf": "The file begins with %PDF-1.4, says the log.\n", "numbers like an archive": "070701,5,12\n070702,6,13\n",
		preview:                         archive(t, "[Content_Types].xml", "docProps/thumbnail.jpeg") + strings.Repeat("\x02", 4000),
		"heic with a brand of a camera": "\x00\x00\x00\x1cftypMiHE\x00\x00\x00\x00mif1MiHEheic", "heic with an unknown brand": "\x00\x00\x00\x1cftyphmm1\x00\x00\x00\x00mif1hmm1miaf",
		"avif": "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf",
		"exe":  "MZ\x90\x00\x03", "cut": "\x89PN\x00", "empty": "",
	}
	iso := []string{"mp4", "m4a", "mov", "heic with an unknown brand"}
	heif := []string{"heic", "heif", "heic with a brand of a camera", "heic with an unknown brand"}
	texts := []string{"text", "windows-1256", "utf-16", "csv", "log", "text like a program", "text about a pdf", "numbers like an archive"}
	zips := []string{"zip", "empty zip", "docx", "xlsx", "pptx", preview}
	matching := map[string][]string{
		"image/png": {"png"}, "image/jpeg": {"jpeg"}, "image/webp": {"webp"}, "image/gif": {"gif"}, "image/heic": heif, "image/heif": heif,
		"application/pdf": {"pdf", "pdf with a prefix", "pdf at 1019", "text about a pdf"}, "text/plain": texts, "text/csv": texts,
		"video/mp4": iso, "audio/mp4": iso, "video/quicktime": iso, "video/webm": {"webm"}, "audio/webm": {"webm"}, "audio/mpeg": {"mp3"}, "audio/wav": {"wav"},
		"audio/ogg": {"ogg"}, "video/ogg": {"ogg"}, "application/zip": zips,
		office + "wordprocessingml.document": {"docx", preview}, office + "spreadsheetml.sheet": {"xlsx", preview}, office + "presentationml.presentation": {"pptx", preview},
		"png": nil, "": nil,
	}
	for _, mediaType := range attachment.Types() {
		if len(matching[mediaType]) == 0 {
			t.Errorf("%s is accepted, but no test content matches it", mediaType)
		}
	}
	for mediaType, want := range matching {
		for name, content := range files {
			if got := filetype.Matches(mediaType, []byte(content)); got != slices.Contains(want, name) {
				t.Errorf("Matches(%q, %s): got %v", mediaType, name, got)
			}
		}
	}
}

// FuzzMatches checks that no content is both a picture and another format.
func FuzzMatches(f *testing.F) {
	for _, prefix := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF89a", "RIFF....WEBP", "%PDF-1.7", "OggS", "PK\x03\x04", "\x00\x00\x00\x18ftypmp42", "text", "\xff\xfe", ""} {
		f.Add([]byte(prefix))
	}
	f.Fuzz(func(t *testing.T, prefix []byte) {
		var found []string
		for _, mediaType := range attachment.Types() {
			if filetype.Matches(mediaType, prefix) {
				found = append(found, mediaType)
			}
		}
		if len(found) > 1 && strings.HasPrefix(found[0], "image/png") {
			t.Errorf("%q matches %q", prefix, found)
		}
	})
}
