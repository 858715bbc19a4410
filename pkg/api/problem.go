package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"ticketsystem/pkg/fault"
)

// problem is an error as RFC 9457 writes it, with the house's stable code.
type problem struct {
	Type      string        `json:"type"`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail"`
	Instance  string        `json:"instance,omitempty"`
	Code      fault.Kind    `json:"code"`
	RequestID string        `json:"requestId,omitempty"`
	Errors    []fault.Field `json:"errors"`
}

// problemOf gives an error its shape. What the table does not know is
// internal, and says nothing of its cause.
func problemOf(f *fault.Error, locale, instance, requestID string) problem {
	entry, known := fault.Lookup(f.Kind)
	if !known {
		f = fault.New(fault.Internal, "")
		entry, _ = fault.Lookup(fault.Internal)
	}
	p := problem{
		Type: "urn:ticketsystem:problem:" + string(f.Kind), Title: entry.Title(locale), Status: entry.Status,
		Detail: f.Detail, Instance: instance, Code: f.Kind, RequestID: requestID,
	}
	p.Errors = []fault.Field{}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, field.In(locale))
	}
	switch {
	case locale == "fa" && len(p.Errors) > 0, p.Detail == "" && len(p.Errors) > 0:
		p.Detail = p.Errors[0].Message
	case locale == "fa", p.Detail == "":
		p.Detail = p.Title // details are written in English alone
	}
	return p
}

// problem answers a request with an error and logs those that are ours.
func (s *Server) problem(ctx context.Context, r *Request, err error) Response {
	f := fault.From(err)
	p := problemOf(f, r.Locale(), r.Path, r.ID)
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
			out = out.with("ratelimit", fmt.Sprintf("%q;r=0;t=%s", string(f.Kind), seconds))
		}
	}
	return out
}

// timeOf writes a time as the API does, RFC 3339 in UTC to the millisecond;
// nil for the zero time.
func timeOf(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}
