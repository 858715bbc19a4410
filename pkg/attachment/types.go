package attachment

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// extensionsByType lists the accepted media types and their file extensions.
// Some types are aliases, because browsers report different names.
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

// Types returns the accepted media types in alphabetical order.
func Types() []string { return slices.Sorted(maps.Keys(extensionsByType)) }

// Sniff reports whether a file that starts with prefix can be of mediaType. 512
// bytes are enough. It recognizes formats and does not detect malware.
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

// detectFormat returns the format that the magic number identifies, or "".
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
	case hasMagicAt(4, "ftyp"): // ISO base media; the brand does not reliably distinguish mp4 from m4a
		return "mp4"
	case hasMagic("OggS"):
		return "ogg"
	case hasMagic("PK\x03\x04"), hasMagic("PK\x05\x06"): // the second is that of an empty archive
		return "zip"
	}
	return ""
}

// isText reports whether prefix contains no bytes that occur only in binary
// files. It does not require UTF-8, because older Persian texts use
// Windows-1256. UTF-16 is recognized by its byte order mark.
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
