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
// accepted type whose content has another name.
func contentTypes(mediaType string) []string {
	switch mediaType {
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
	case mediaType == "image/heic", mediaType == "image/heif":
		return isPicture(prefix) && !beginsPDF(prefix)
	case mediaType == "video/mp4", mediaType == "audio/mp4", mediaType == "video/quicktime":
		return isMovie(prefix) && !beginsPDF(prefix) // one family: their content does not reliably distinguish video from audio
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

// beginsPDF reports whether PDF readers open a file, whatever it begins with.
func beginsPDF(prefix []byte) bool {
	const header, maxOffset = "%PDF-", 1024
	return bytes.Contains(prefix[:min(len(prefix), maxOffset)], []byte(header))
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
