package attachment

import (
	"bytes"
	"slices"
	"strings"
)

// types are the media types that are taken, each with the endings its names
// may have. Several are other names for one thing: browsers do not agree.
var types = map[string][]string{
	"image/png":                    {"png"},
	"image/jpeg":                   {"jpg", "jpeg"},
	"image/webp":                   {"webp"},
	"image/gif":                    {"gif"},
	"application/pdf":              {"pdf"},
	"text/plain":                   {"txt"},
	"video/mp4":                    {"mp4"},
	"audio/mp4":                    {"m4a"},
	"audio/x-m4a":                  {"m4a"},
	"audio/ogg":                    {"ogg"},
	"video/ogg":                    {"ogg"},
	"application/ogg":              {"ogg"},
	"application/zip":              {"zip"},
	"application/x-zip-compressed": {"zip"},
}

// Types lists the media types that are taken, in alphabetical order.
func Types() []string {
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Sniff says whether a file that begins with head (512 bytes are plenty) can
// be what it claims to be. It tells formats apart; it does not look for malware.
func Sniff(mediaType string, head []byte) bool {
	format := formatOf(head)
	switch mediaType {
	case "video/mp4", "audio/mp4", "audio/x-m4a":
		return format == "mp4"
	case "audio/ogg", "video/ogg", "application/ogg":
		return format == "ogg"
	case "application/zip", "application/x-zip-compressed":
		return format == "zip"
	case "text/plain":
		return format == "" && isText(head)
	}
	_, known := types[mediaType]
	return known && format == mediaType[strings.IndexByte(mediaType, '/')+1:]
}

// formatOf knows a format by its magic number, "" when it knows none.
func formatOf(head []byte) string {
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	at := func(offset int, magic string) bool {
		return len(head) >= offset && bytes.HasPrefix(head[offset:], []byte(magic))
	}
	switch {
	case starts("\x89PNG\r\n\x1a\n"):
		return "png"
	case starts("\xff\xd8\xff"):
		return "jpeg"
	case starts("RIFF") && at(8, "WEBP"):
		return "webp"
	case starts("GIF87a"), starts("GIF89a"):
		return "gif"
	case starts("%PDF-"):
		return "pdf"
	case at(4, "ftyp"): // ISO base media: mp4 and m4a differ in a brand that recorders set at will
		return "mp4"
	case starts("OggS"):
		return "ogg"
	case starts("PK\x03\x04"), starts("PK\x05\x06"): // the second is an empty archive
		return "zip"
	}
	return ""
}

// isText: no bytes that only binary files have. It goes by bytes and not by
// UTF-8, because older Persian texts are Windows-1256. UTF-16 has zero bytes
// and is known by its mark.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	for _, b := range head {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\x1b"), rune(b)) {
			return false
		}
	}
	return len(head) > 0
}
