package attachment

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/fault"
)

// Limits of a file, in bytes.
const (
	MaxSize = 10 << 20
	MaxName = 255 // what file systems take
)

// Check says whether a file may be uploaded. The error is invalid_body and
// names everything that is wrong, at /name, /type, /size and /sha256.
func (o Offer) Check() error {
	var wrong []fault.Field
	for _, check := range []func() (pointer, code, message string){o.checkName, o.checkType, o.checkSize, o.checkDigest} {
		if pointer, code, message := check(); code != "" {
			wrong = append(wrong, fault.Field{Pointer: pointer, Code: code, Message: message})
		}
	}
	if len(wrong) > 0 {
		return fault.Invalid(wrong...)
	}
	return nil
}

// checkName refuses names that mean a place, hide their ending from a reader,
// do not fit a file system, or belong to another media type.
func (o Offer) checkName() (pointer, code, message string) {
	endings, known := types[o.Type]
	switch {
	case strings.TrimSpace(o.Name) == "":
		return "/name", "required", "is needed"
	case len(o.Name) > MaxName:
		return "/name", "too_long", "must be at most 255 bytes long"
	case !utf8.ValidString(o.Name):
		return "/name", "malformed", "must be UTF-8"
	case strings.ContainsAny(o.Name, `/\`):
		return "/name", "has_path", "must be a name, not a path"
	case strings.ContainsFunc(o.Name, isUnsafe):
		return "/name", "has_control", "must not contain control characters"
	case known && !hasEnding(o.Name, endings):
		return "/name", "wrong_ending", "must end in ." + strings.Join(endings, " or .") + " to be " + o.Type
	}
	return "", "", ""
}

func (o Offer) checkType() (pointer, code, message string) {
	if o.Type == "" {
		return "/type", "required", "is needed"
	}
	if _, known := types[o.Type]; !known {
		return "/type", "unknown", "must be one of " + strings.Join(Types(), ", ")
	}
	return "", "", ""
}

func (o Offer) checkSize() (pointer, code, message string) {
	switch {
	case o.Size < 1:
		return "/size", "too_small", "must be at least 1 byte"
	case o.Size > MaxSize:
		return "/size", "too_large", "must be at most 10485760 bytes"
	}
	return "", "", ""
}

func (o Offer) checkDigest() (pointer, code, message string) {
	digest, err := base64.StdEncoding.Strict().DecodeString(o.SHA256)
	if o.SHA256 != "" && (err != nil || len(digest) != sha256.Size) {
		return "/sha256", "malformed", "must be the base64 of 32 bytes"
	}
	return "", "", ""
}

// isUnsafe: control characters, and the marks that turn the direction of a
// text: with them "txt.exe" reads "exe.txt". The joiners that Persian words
// need are not among them.
func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

func hasEnding(name string, endings []string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 { // ".png" has no name
		return false
	}
	for _, ending := range endings {
		if strings.EqualFold(name[dot+1:], ending) {
			return true
		}
	}
	return false
}
