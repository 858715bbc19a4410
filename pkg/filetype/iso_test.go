package filetype_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"ticketsystem/pkg/filetype"
)

// box returns a box of ISO/IEC 14496-12.
func box(kind, content string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + kind + content
}

// ftyp returns a file type box.
func ftyp(major string, compatible ...string) string {
	return box("ftyp", major+"\x00\x00\x00\x00"+strings.Join(compatible, ""))
}

// TestMatches_PictureBrands checks that a brand of HEIF makes a picture, also as a compatible one.
func TestMatches_PictureBrands(t *testing.T) {
	for _, brand := range []string{
		"heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs", "mif1", "mif2", "msf1", "avci", "avcs", "miaf", "MiHE", "MiHB", "MiHA", "MiAB", "MiAn", "MiBu", "MiCm", "MiPr",
	} {
		for name, content := range map[string]string{"major": ftyp(brand), "first": ftyp("hmm1", brand, "hmm1"), "last": ftyp("hmm1", "hmm1", "miag", brand)} {
			content += box("meta", strings.Repeat("\x00", 100))
			for _, mediaType := range []string{"image/heic", "image/heif"} {
				if !filetype.Matches(mediaType, []byte(content)) {
					t.Errorf("%s brand %s is not %s", name, brand, mediaType)
				}
			}
			for _, mediaType := range []string{"image/png", "image/jpeg", "text/plain", "application/pdf", "application/zip"} {
				if filetype.Matches(mediaType, []byte(content)) {
					t.Errorf("%s brand %s is %s", name, brand, mediaType)
				}
			}
		}
		if filetype.Matches("video/mp4", []byte(ftyp(brand, "isom", "mp42"))) {
			t.Errorf("major brand %s is video/mp4", brand)
		}
	}
}

func TestMatches_Movies(t *testing.T) {
	moov := box("moov", box("mvhd", strings.Repeat("\x00", 100)))
	large := strings.Repeat("\x07\xff", 3000)
	for name, c := range map[string]struct {
		content string
		want    bool
	}{
		"moov": {moov, true}, "mdat": {box("mdat", large) + moov, true}, "mdat of text": {box("mdat", "abc") + moov, true},
		"mdat of 17 MiB": {"\x01\x10\x00\x00mdat" + large, true}, "mdat to the end": {"\x00\x00\x00\x00mdat" + large, true},
		"mdat in 64 bits": {"\x00\x00\x00\x01mdat\x00\x00\x00\x01\x00\x00\x00\x00" + large, true},
		"wide and mdat":   {box("wide", "") + box("mdat", large), true}, "free and moov": {box("free", strings.Repeat("\x00", 16)) + moov, true},
		"free of 256 bytes": {box("free", strings.Repeat("\x00", 248)) + moov, true}, "skip and wide": {box("skip", "x") + box("wide", "") + box("mdat", large), true},
		"large free": {box("free", large)[:3072], true}, "preview": {box("pnot", strings.Repeat("\x01", 12)) + box("PICT", large) + moov, true},
		"moov of 256 bytes": {box("moov", box("mvhd", strings.Repeat("\x00", 240))), true},
		"ftyp of 256 bytes": {ftyp("qt  ", strings.Repeat("qt  ", 60)), true}, "mp4 with a brand of pictures": {ftyp("isom", "mp42", "mif1"), true}, "3gp": {ftyp("3gp4", "isom"), true},
		"unknown brand": {ftyp("hmm1", "hmm1"), true},

		"comment":         {"<!--free\x00--><script>alert(1)</script>", false},
		"tag":             {"<a  mdat\x00><script>alert(1)</script>", false},
		"tag after space": {"\n<a mdat\x00><script>alert(1)</script>", false}, "text": {"the moov\x00 atom", false},
		"page after wide": {box("wide", "") + "<!doctype html><script>alert(1)</script>", false}, "page in moov": {box("moov", "<!doctype html>"), false},
		"free alone": {box("free", ""), false}, "free to the end": {"\x00\x00\x00\x00free" + large, false}, "meaningless size": {"\x00\x00\x00\x05moov" + moov, false},
		"unknown box": {box("abcd", large), false}, "short": {"\x00\x00\x00\x10mo", false}, "short ftyp": {box("ftyp", "qt  "), false},
		"pdf in mdat": {box("mdat", "%PDF-1.7\n"+large), false}, "pdf after ftyp": {ftyp("isom", "mp42") + box("free", "%PDF-1.7\n"), false}, "avif": {ftyp("avif", "mif1"), false},
	} {
		for _, mediaType := range []string{"video/mp4", "audio/mp4", "video/quicktime"} {
			if got := filetype.Matches(mediaType, []byte(c.content)); got != c.want {
				t.Errorf("Matches(%q, %s): got %v", mediaType, name, got)
			}
		}
		for _, mediaType := range []string{"image/png", "text/plain", "text/csv", "application/zip"} {
			if filetype.Matches(mediaType, []byte(c.content)) && c.want {
				t.Errorf("%s is %s", name, mediaType)
			}
		}
	}
}

func TestMatches_PictureWithPDF(t *testing.T) {
	if content := ftyp("heic", "mif1") + box("free", "%PDF-1.7\n"); filetype.Matches("image/heic", []byte(content)) {
		t.Error("a picture that PDF readers open is accepted")
	}
}
