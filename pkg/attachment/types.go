package attachment

import (
	"bytes"
	"slices"
	"strings"
)

// extensionsByType are the media types that are taken, each with the endings its names
// may have. Several are other names for one thing: browsers do not agree.
var extensionsByType = map[string][]string{
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
	names := make([]string, 0, len(extensionsByType))
	for name := range extensionsByType {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Sniff says whether a file that begins with head (512 bytes are plenty) can
// be what it claims to be. It tells formats apart; it does not look for malware.
func Sniff(mediaType string, prefix []byte) bool {
	format := detectFormat(prefix)
	switch mediaType {
	case "video/mp4", "audio/mp4", "audio/x-m4a":
		return format == "mp4"
	case "audio/ogg", "video/ogg", "application/ogg":
		return format == "ogg"
	case "application/zip", "application/x-zip-compressed":
		return format == "zip"
	case "text/plain":
		return format == "" && isText(prefix)
	}
	_, supported := extensionsByType[mediaType]
	return supported && format == mediaType[strings.IndexByte(mediaType, '/')+1:]
}

// detectFormat knows a format by its magic number, "" when it knows none.
func detectFormat(prefix []byte) string {
	hasMagic := func(magic string) bool { return bytes.HasPrefix(prefix, []byte(magic)) }
	hasMagicAt := func(offset int, magic string) bool {
		return len(prefix) >= offset && bytes.HasPrefix(prefix[offset:], []byte(magic))
	}
	switch {
	case hasMagic("\x89PNG\r\n\x1a\n"):
		return "png"
	case hasMagic("\xff\xd8\xff"):
		return "jpeg"
	case hasMagic("RIFF") && hasMagicAt(8, "WEBP"):
		return "webp"
	case hasMagic("GIF87a"), hasMagic("GIF89a"):
		return "gif"
	case hasMagic("%PDF-"):
		return "pdf"
	case hasMagicAt(4, "ftyp"): // ISO base media: mp4 and m4a differ in a brand that recorders set at will
		return "mp4"
	case hasMagic("OggS"):
		return "ogg"
	case hasMagic("PK\x03\x04"), hasMagic("PK\x05\x06"): // the second is an empty archive
		return "zip"
	}
	return ""
}

// isText: no bytes that only binary files have. It goes by bytes and not by
// UTF-8, because older Persian texts are Windows-1256. UTF-16 has zero bytes
// and is known by its mark.
func isText(prefix []byte) bool {
	if bytes.HasPrefix(prefix, []byte("\xff\xfe")) || bytes.HasPrefix(prefix, []byte("\xfe\xff")) {
		return true
	}
	for _, b := range prefix {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\x1b"), rune(b)) {
			return false
		}
	}
	return len(prefix) > 0
}
