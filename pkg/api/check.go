package api

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
)

// checks collects what is wrong with a body, so that the client hears of all
// of it at once.
type checks struct{ fields []fault.Field }

func (c *checks) add(pointer, code, message string) {
	c.fields = append(c.fields, fault.Field{Pointer: pointer, Code: code, Message: message})
}

// err is nil when nothing was wrong.
func (c *checks) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return fault.Invalid(c.fields...)
}

// text checks a text and trims it: least to most characters, no control
// characters; lines says whether line breaks and tabs may be in it.
func (c *checks) text(pointer string, text *string, least, most int, lines bool) {
	trimmed := strings.TrimSpace(*text)
	n := utf8.RuneCountInString(trimmed)
	switch {
	case n == 0 && least > 0:
		c.add(pointer, "required", "This must not be empty.")
	case n < least:
		c.add(pointer, "too_short", fmt.Sprintf("This must have at least %d characters.", least))
	case n > most:
		c.add(pointer, "too_long", fmt.Sprintf("This may have at most %d characters.", most))
	case strings.ContainsFunc(trimmed, func(r rune) bool { return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t')) }):
		c.add(pointer, "character", "Control characters cannot be used here.")
	default:
		*text = trimmed
	}
}

// required checks that a text is there at all.
func (c *checks) required(pointer, text string) {
	if text == "" {
		c.add(pointer, "required", "This is required.")
	}
}

// email checks an e-mail address; "" is none.
func (c *checks) email(pointer, text string) {
	if text == "" {
		return
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text || len(text) > 254 {
		c.add(pointer, "invalid", "This is not an e-mail address.")
	}
}

// ulid checks an id and writes it in upper case.
func (c *checks) ulid(pointer string, text *string) {
	if *text == "" {
		c.add(pointer, "required", "This is required.")
		return
	}
	parsed, ok := id.Parse(*text)
	if !ok {
		c.add(pointer, "invalid", "This must be a ULID.")
		return
	}
	*text = parsed
}

// ulids checks a list of ids: at most that many, none twice.
func (c *checks) ulids(pointer string, list []string, most int) {
	if len(list) > most {
		c.add(pointer, "too_many", fmt.Sprintf("At most %d are allowed.", most))
		return
	}
	for i := range list {
		at := fmt.Sprintf("%s/%d", pointer, i)
		c.ulid(at, &list[i])
		if slices.Contains(list[:i], list[i]) {
			c.add(at, "duplicate", "This stands here twice.")
		}
	}
}

// oneOf checks a value against the allowed ones.
func oneOf[T ~string](c *checks, pointer string, value T, allowed ...T) {
	if !slices.Contains(allowed, value) {
		names := make([]string, len(allowed))
		for i, a := range allowed {
			names[i] = string(a)
		}
		c.add(pointer, "not_allowed", "This must be one of "+strings.Join(names, ", ")+".")
	}
}
