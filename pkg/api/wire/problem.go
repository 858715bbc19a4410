package wire

import (
	"math"
	"strings"
	"unicode"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
)

// Problem is an error document (RFC 9457) with a stable application code.
type Problem struct {
	Type       string         `json:"type"`
	Title      string         `json:"title"`
	Status     int            `json:"status"`
	Detail     string         `json:"detail"`
	Instance   string         `json:"instance,omitempty"`
	Code       apperr.Code    `json:"code"`
	RequestID  string         `json:"requestId,omitempty"`
	RetryAfter int            `json:"retryAfter,omitempty"` // in seconds; frames have no header
	Errors     []apperr.Field `json:"errors"`
}

// fieldDetail returns the text of an invalid field with the name of the field: "title: Required."
func fieldDetail(f apperr.Field) string {
	if name := strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", "."); name != "" {
		return name + ": " + f.Message
	}
	return f.Message
}

// maxPointer is the length of a pointer in bytes: it may contain the name of an unknown field, which
// a frame could not repeat.
const maxPointer = 256

// shorten cuts a pointer that is too long.
func shorten(pointer string) string {
	if len(pointer) <= maxPointer {
		return pointer
	}
	return strings.ToValidUTF8(pointer[:maxPointer], "") + "…"
}

// ShownName returns a name that a client has sent, such as that of an unknown field, as problems
// show it: without control and format characters, which could reorder the text around it.
func ShownName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, name)
}

// NewProblem converts an error. An unknown code becomes "internal" without details, so that
// no cause is disclosed.
func NewProblem(e *apperr.Error, language, instance, requestID string) Problem {
	def, known := apperr.Lookup(e.Code)
	if !known {
		e = apperr.New(apperr.Internal, "")
		def, _ = apperr.Lookup(apperr.Internal)
	}
	p := Problem{
		Type: "urn:ticketsystem:problem:" + string(e.Code), Title: def.Title(language), Status: def.Status,
		Detail: e.Detail, Instance: ShownName(instance), Code: e.Code, RequestID: requestID,
		RetryAfter: int(math.Ceil(e.RetryAfter.Seconds())), Errors: []apperr.Field{},
	}
	for _, field := range e.Fields {
		field.Pointer = shorten(ShownName(field.Pointer))
		p.Errors = append(p.Errors, field.In(language))
	}
	english := locale.Resolve(language) == locale.English
	switch {
	case len(p.Errors) > 0 && (!english || p.Detail == "" || strings.HasPrefix(p.Errors[0].Pointer, "/")):
		p.Detail = fieldDetail(p.Errors[0])
	case !english, p.Detail == "":
		p.Detail = p.Title // details exist in English only
	}
	return p
}
