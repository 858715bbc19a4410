package wire

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// maxFields bounds the fields of an error, because a body may have thousands of invalid ones.
const maxFields = 100

// Validator collects the invalid fields of a body, so that the client gets all of them in
// one response, at most maxFields. The zero value is ready to use.
type Validator struct{ fields []apperr.Field }

// Add records an invalid field.
func (v *Validator) Add(pointer, code, message string) {
	if len(v.fields) == maxFields {
		return
	}
	v.fields = append(v.fields, apperr.Field{Pointer: pointer, Code: code, Message: message})
}

// Err returns invalid_body with all recorded fields, nil if there are none.
func (v *Validator) Err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return apperr.Validation(v.fields...)
}

// Text cleans a text, see clean, and checks its length in runes. A text that is not empty
// needs a visible character: on one line a letter, number or symbol.
func (v *Validator) Text(pointer string, text *string, minRunes, maxRunes int, multiline bool) {
	cleaned := clean(*text, multiline)
	visible := strings.ContainsFunc(cleaned, func(r rune) bool { return locale.IsVisible(r) && (multiline || !unicode.IsPunct(r)) })
	n := utf8.RuneCountInString(cleaned)
	switch {
	case !visible && strings.TrimSpace(*text) != "":
		v.Add(pointer, "not_visible", "Must contain a visible letter, number or symbol.")
	case n == 0 && minRunes > 0:
		v.Add(pointer, "required", "Required.")
	case n < minRunes:
		v.Add(pointer, "too_short", fmt.Sprintf("At least %d characters.", minRunes))
	case n > maxRunes:
		v.Add(pointer, "too_long", fmt.Sprintf("At most %d characters.", maxRunes))
	default:
		*text = cleaned
	}
}

// Required checks that a text is not empty.
func (v *Validator) Required(pointer, text string) {
	if text == "" {
		v.Add(pointer, "required", "Required.")
	}
}

// The maximum lengths of an e-mail address and of its part before the @ in bytes (RFC 5321, 4.5.3.1).
const (
	maxEmail     = 254
	maxLocalPart = 64
)

// Email cleans and checks an e-mail address: blanks and invisible characters around it are removed,
// its @ may be a full-width one, and its domain becomes that of UnicodeDomain. It has at most
// maxEmail bytes and no invisible characters, and its domain has an ASCII form of two labels or
// more. The part before the @ must be ASCII: SES cannot send to others (RFC 6531). An empty text is
// valid.
func (v *Validator) Email(pointer string, text *string) {
	if *text == "" {
		return
	}
	typed := strings.TrimFunc(strings.ReplaceAll(*text, fullWidthAt, "@"), locale.IsInvisible)
	ascii, valid := notification.ASCIIDomain(typed)
	cleaned := notification.UnicodeDomain(typed)
	address, err := mail.ParseAddress(cleaned)
	at := strings.LastIndexByte(ascii, '@')
	if err != nil || address.Name != "" || address.Address != cleaned || !valid || max(len(cleaned), len(ascii)) > maxEmail || at > maxLocalPart || !isMailDomain(ascii[at+1:]) || strings.ContainsFunc(typed, locale.IsInvisible) {
		v.Add(pointer, "invalid", "Must be an e-mail address.")
		return
	}
	if strings.ContainsFunc(cleaned[:at], func(r rune) bool { return r > unicode.MaxASCII }) {
		v.Add(pointer, "not_ascii", "The part before the @ must have only English letters, digits and symbols; mail cannot be sent to other addresses.")
		return
	}
	*text = cleaned
}

// fullWidthAt is the @ of keyboards for Chinese and Japanese.
const fullWidthAt = "\uff20"

// isMailDomain reports whether a domain in its ASCII form can be one of the public DNS: not the
// name of a single host, and not an IP address.
func isMailDomain(domain string) bool {
	_, err := netip.ParseAddr(domain)
	labels := strings.Split(domain, ".")
	return err != nil && len(labels) >= 2 && !slices.ContainsFunc(labels, func(label string) bool { return !isHostLabel(label) })
}

// isHostLabel reports whether a label of a domain may be one of a host: letters, digits and inner
// hyphens (RFC 1123, section 2.1). mail.ParseAddress refuses empty labels.
func isHostLabel(label string) bool {
	const maxLabel = 63
	return len(label) <= maxLabel && strings.Trim(label, "-") == label && !strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})
}

// ULID checks an id and converts it to upper case.
func (v *Validator) ULID(pointer string, text *string) {
	v.parse(pointer, text, id.Parse, "Must be a ULID.")
}

// ClientID checks a client id and converts it to its canonical form.
func (v *Validator) ClientID(pointer string, text *string) {
	v.parse(pointer, text, id.ParseClientID, "Must be a ULID or a UUID.")
}

// parse replaces a required text by what parse returns; message says what it must be.
func (v *Validator) parse(pointer string, text *string, parse func(string) (string, bool), message string) {
	if *text == "" {
		v.Add(pointer, "required", "Required.")
		return
	}
	parsed, ok := parse(*text)
	if !ok {
		v.Add(pointer, "invalid", message)
		return
	}
	*text = parsed
}

// ULIDs checks a list of ids: at most maxCount, without duplicates.
func (v *Validator) ULIDs(pointer string, list []string, maxCount int) {
	if len(list) > maxCount {
		v.Add(pointer, "too_many", fmt.Sprintf("At most %d entries.", maxCount))
		return
	}
	for i := range list {
		at := fmt.Sprintf("%s/%d", pointer, i)
		v.ULID(at, &list[i])
		if slices.Contains(list[:i], list[i]) {
			v.Add(at, "duplicate", "Duplicate value.")
		}
	}
}

// After checks the last sequence number that a client has seen, 0 if none.
func (v *Validator) After(pointer string, seq int) {
	if seq < 0 || seq > ticket.MaxSeq {
		v.Add(pointer, "out_of_range", "Must be the last seq that you have seen, 0 if none.")
	}
}

// Seq checks a required sequence number and returns it.
func (v *Validator) Seq(pointer string, seq *int) int {
	switch {
	case seq == nil:
		v.Add(pointer, "required", "Required.")
	case *seq < 0 || *seq > ticket.MaxSeq:
		v.Add(pointer, "out_of_range", "Must be a seq of the ticket.")
	default:
		return *seq
	}
	return 0
}

// OneOf checks that value is one of the allowed values.
func OneOf[T ~string](v *Validator, pointer string, value T, allowed ...T) {
	if !slices.Contains(allowed, value) {
		names := make([]string, len(allowed))
		for i, a := range allowed {
			names[i] = string(a)
		}
		v.Add(pointer, "not_allowed", "Must be one of "+strings.Join(names, ", ")+".")
	}
}
