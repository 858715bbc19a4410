// Package filetype compares the content of files with their media types. Only the
// function that validates uploads imports it, because its tables add 630 KB to a
// binary.
package filetype

import (
	"bytes"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// contentTypes lists the media types that the content of a file may have, for each
// accepted type whose content has another name. Containers are one family, because
// their content does not reliably distinguish video from audio.
func contentTypes(mediaType string) []string {
	switch mediaType {
	case "video/mp4", "audio/mp4", "video/quicktime":
		return []string{"video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2", "audio/3gpp", "audio/3gpp2"}
	case "image/heic", "image/heif":
		return []string{"image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence"}
	case "audio/ogg", "video/ogg":
		return []string{"application/ogg"}
	case "video/webm", "audio/webm":
		return []string{"video/webm"}
	case "text/csv":
		return []string{"text/plain"}
	}
	return []string{mediaType}
}

// Matches reports whether a file that starts with prefix can be of mediaType. It
// recognizes formats and does not detect malware. An empty file matches no type.
func Matches(mediaType string, prefix []byte) bool {
	found := mimetype.Detect(prefix)
	switch {
	case len(prefix) == 0:
		return false
	case strings.HasPrefix(mediaType, "text/") && isText(prefix):
		return true
	case strings.HasPrefix(found.String(), "image/") && !strings.HasPrefix(mediaType, "image/"):
		return false // the library lists HEIC pictures under MP4
	case strings.HasPrefix(mediaType, "application/vnd.openxmlformats-") && found.String() == "application/zip":
		return beginsOfficeDocument(prefix)
	}
	accepted := contentTypes(mediaType)
	for ; found != nil; found = found.Parent() {
		for _, one := range accepted {
			if found.Is(one) {
				return true
			}
		}
	}
	return false
}

// isText reports whether a file has no control characters but those of texts. The library takes
// some texts for the format whose first letters they happen to have, or that they mention.
func isText(prefix []byte) bool {
	isBinary := func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\f\r\x1b", r) }
	return !bytes.ContainsFunc(prefix, isBinary) && !bytes.HasPrefix(prefix, []byte("%PDF-"))
}

// zipNameOffset is where the name of the first file of a zip archive begins.
const zipNameOffset = 30

// beginsOfficeDocument reports whether the first file of an archive is one that office documents
// begin with. What identifies their kind may follow after the prefix, behind a large preview.
func beginsOfficeDocument(prefix []byte) bool {
	for _, name := range []string{"[Content_Types].xml", "_rels/", "docProps/", "customXml/"} {
		if len(prefix) > zipNameOffset && bytes.HasPrefix(prefix[zipNameOffset:], []byte(name)) {
			return true
		}
	}
	return false
}
