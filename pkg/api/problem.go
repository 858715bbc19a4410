package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

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

// problemResponse answers a request with an error and logs those that are ours.
func (s *Server) problemResponse(ctx context.Context, r *Request, err error) Response {
	f := apperr.From(err)
	p := NewProblem(f, r.Locale(), r.Path, r.ID)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "request failed", slog.String("requestId", r.ID), slog.String("path", r.Path), slog.Any("error", err))
	}
	out := Response{Status: p.Status, Body: p}.with("content-type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		out = out.with("www-authenticate", "Bearer")
	}
	if f.RetryAfter > 0 {
		seconds := strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
		out = out.with("retry-after", seconds)
		if p.Status == http.StatusTooManyRequests {
			out = out.with("ratelimit", fmt.Sprintf("%q;r=0;t=%s", string(f.Code), seconds))
		}
	}
	return out
}

// FormatTime writes a time as the API does, RFC 3339 in UTC to the millisecond;
// nil for the zero time.
func FormatTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}
