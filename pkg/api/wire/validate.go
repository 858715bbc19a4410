package wire

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
)

// Validator collects what is wrong with a body, so that the client hears of all
// of it at once.
type Validator struct{ fields []apperr.Field }

func (v *Validator) Add(pointer, code, message string) {
	v.fields = append(v.fields, apperr.Field{Pointer: pointer, Code: code, Message: message})
}

// Err is nil when nothing was wrong.
func (v *Validator) Err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return apperr.Validation(v.fields...)
}

// Text checks a text and trims it: least to most characters, no control
// characters; lines says whether line breaks and tabs may be in it.
func (v *Validator) Text(pointer string, text *string, minRunes, maxRunes int, lines bool) {
	trimmed := strings.TrimSpace(*text)
	n := utf8.RuneCountInString(trimmed)
	switch {
	case n == 0 && minRunes > 0:
		v.Add(pointer, "required", "This must not be empty.")
	case n < minRunes:
		v.Add(pointer, "too_short", fmt.Sprintf("This must have at least %d characters.", minRunes))
	case n > maxRunes:
		v.Add(pointer, "too_long", fmt.Sprintf("This may have at most %d characters.", maxRunes))
	case strings.ContainsFunc(trimmed, func(r rune) bool { return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t')) }):
		v.Add(pointer, "character", "Control characters cannot be used here.")
	default:
		*text = trimmed
	}
}

// Required checks that a text is there at all.
func (v *Validator) Required(pointer, text string) {
	if text == "" {
		v.Add(pointer, "required", "This is required.")
	}
}

// Email checks an e-mail address; "" is none.
func (v *Validator) Email(pointer, text string) {
	if text == "" {
		return
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text || len(text) > 254 {
		v.Add(pointer, "invalid", "This is not an e-mail address.")
	}
}

// ULID checks an id and writes it in upper case.
func (v *Validator) ULID(pointer string, text *string) {
	if *text == "" {
		v.Add(pointer, "required", "This is required.")
		return
	}
	parsed, ok := id.Parse(*text)
	if !ok {
		v.Add(pointer, "invalid", "This must be a ULID.")
		return
	}
	*text = parsed
}

// ULIDs checks a list of ids: at most that many, none twice.
func (v *Validator) ULIDs(pointer string, list []string, maxCount int) {
	if len(list) > maxCount {
		v.Add(pointer, "too_many", fmt.Sprintf("At most %d are allowed.", maxCount))
		return
	}
	for i := range list {
		at := fmt.Sprintf("%s/%d", pointer, i)
		v.ULID(at, &list[i])
		if slices.Contains(list[:i], list[i]) {
			v.Add(at, "duplicate", "This stands here twice.")
		}
	}
}

// OneOf checks a value against the allowed ones.
func OneOf[T ~string](v *Validator, pointer string, value T, allowed ...T) {
	if !slices.Contains(allowed, value) {
		names := make([]string, len(allowed))
		for i, a := range allowed {
			names[i] = string(a)
		}
		v.Add(pointer, "not_allowed", "This must be one of "+strings.Join(names, ", ")+".")
	}
}
