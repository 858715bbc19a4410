package wire

import (
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
)

// Problem is an error document (RFC 9457) with a stable application code.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Instance  string         `json:"instance,omitempty"`
	Code      apperr.Code    `json:"code"`
	RequestID string         `json:"requestId,omitempty"`
	Errors    []apperr.Field `json:"errors"`
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
		Detail: e.Detail, Instance: instance, Code: e.Code, RequestID: requestID,
		Errors: []apperr.Field{},
	}
	for _, field := range e.Fields {
		p.Errors = append(p.Errors, field.In(language))
	}
	switch {
	case locale.IsPersian(language) && len(p.Errors) > 0, p.Detail == "" && len(p.Errors) > 0:
		p.Detail = p.Errors[0].Message
	case locale.IsPersian(language), p.Detail == "":
		p.Detail = p.Title // details exist in English only
	}
	return p
}
