// Package filetype compares the content of files with their media types. Only the
// function that validates uploads imports it, because its tables add 630 KB to a
// binary.
package filetype

import (
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
	if len(prefix) == 0 || strings.HasPrefix(found.String(), "image/") && !strings.HasPrefix(mediaType, "image/") {
		return false // the library lists HEIC pictures under MP4
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
