package attachment

import (
	"crypto/sha256"
	"encoding/base64"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
)

// MaxName is the limit of common file systems, in bytes.
const MaxName = 255

// check validates a request with a canonical type. It returns apperr.InvalidBody
// with one field error for each invalid value, at /name, /type, /size and /sha256.
func (req UploadRequest) check(maxSize int64) error {
	var fields []apperr.Field
	checkSize := func() (pointer, code, message string) { return req.checkSize(maxSize) }
	for _, check := range []func() (pointer, code, message string){req.checkName, req.checkType, checkSize, req.checkDigest} {
		if pointer, code, message := check(); code != "" {
			fields = append(fields, apperr.Field{Pointer: pointer, Code: code, Message: message})
		}
	}
	if len(fields) > 0 {
		return apperr.Validation(fields...)
	}
	return nil
}

// checkName rejects paths, invisible and control characters, names that are
// too long for a file system, and extensions of another media type.
func (req UploadRequest) checkName() (pointer, code, message string) {
	extensions, supported := extensionsByType[req.Type]
	switch {
	case strings.TrimSpace(req.Name) == "":
		return "/name", "required", "Required."
	case len(req.Name) > MaxName:
		return "/name", "too_long", "Must be at most 255 bytes long."
	case !utf8.ValidString(req.Name):
		return "/name", "malformed", "Must be UTF-8."
	case strings.ContainsAny(req.Name, `/\`):
		return "/name", "has_path", "Must be a name, not a path."
	case strings.ContainsFunc(req.Name, isUnsafe):
		return "/name", "has_control", "Must not contain control or format characters."
	case supported && !hasExtension(req.Name, extensions):
		return "/name", "wrong_ending", "Must end in ." + strings.Join(extensions, " or .") + " for the type " + req.Type + "."
	case !strings.ContainsFunc(strings.TrimSuffix(req.Name, path.Ext(req.Name)), locale.IsVisible):
		return "/name", "not_visible", "Must contain a visible character before its ending."
	}
	return "", "", ""
}

func (req UploadRequest) checkType() (pointer, code, message string) {
	if req.Type == "" {
		return "/type", "required", "Required."
	}
	if _, supported := extensionsByType[req.Type]; !supported {
		return "/type", "unknown", "Must be one of " + strings.Join(Types(), ", ") + "."
	}
	return "", "", ""
}

func (req UploadRequest) checkSize(maxSize int64) (pointer, code, message string) {
	switch {
	case req.Size < 1:
		return "/size", "too_small", "Must be at least 1 byte."
	case req.Size > maxSize:
		return "/size", "too_large", "Must be at most " + strconv.FormatInt(maxSize, 10) + " bytes."
	}
	return "", "", ""
}

func (req UploadRequest) checkDigest() (pointer, code, message string) {
	digest, err := base64.StdEncoding.Strict().DecodeString(req.SHA256)
	if req.SHA256 != "" && (err != nil || len(digest) != sha256.Size) {
		return "/sha256", "malformed", "Must be the base64 of 32 bytes."
	}
	return "", "", ""
}

// isUnsafe reports whether r is a control or format character or a line separator. Bidirectional
// controls, for example, can display "txt.exe" as "exe.txt". The joiners of Persian and of emoji
// (U+200C, U+200D) are allowed.
func isUnsafe(r rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != zwnj && r != zwj
}

func hasExtension(name string, extensions []string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 { // ".png" has an extension only
		return false
	}
	for _, extension := range extensions {
		if strings.EqualFold(name[dot+1:], extension) {
			return true
		}
	}
	return false
}
