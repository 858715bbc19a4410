package wire

import (
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
)

// Problem is an error as RFC 9457 writes it, with the house's stable code.
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

// NewProblem gives an error its shape. What the table does not know is
// internal, and says nothing of its cause.
func NewProblem(f *apperr.Error, language, instance, requestID string) Problem {
	def, known := apperr.Lookup(f.Code)
	if !known {
		f = apperr.New(apperr.Internal, "")
		def, _ = apperr.Lookup(apperr.Internal)
	}
	p := Problem{
		Type: "urn:ticketsystem:problem:" + string(f.Code), Title: def.Title(language), Status: def.Status,
		Detail: f.Detail, Instance: instance, Code: f.Code, RequestID: requestID,
	}
	p.Errors = []apperr.Field{}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, field.In(language))
	}
	switch {
	case locale.IsPersian(language) && len(p.Errors) > 0, p.Detail == "" && len(p.Errors) > 0:
		p.Detail = p.Errors[0].Message
	case locale.IsPersian(language), p.Detail == "":
		p.Detail = p.Title // details are written in English alone
	}
	return p
}
