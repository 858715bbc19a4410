package api

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
)

// problemResponse converts an error to a problem document. It logs errors with status 5xx.
func (s *Server) problemResponse(ctx context.Context, r *Request, err error) Response {
	e := apperr.From(err)
	p := wire.NewProblem(e, r.Locale(), r.Path, r.ID)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "request failed", slog.String("requestId", r.ID), slog.String("path", r.Path), slog.Any("error", err))
	}
	if e.Code == apperr.CodeWrong || e.Code == apperr.CodeLocked {
		s.Log.WarnContext(ctx, "one-time code rejected", slog.String("requestId", r.ID), slog.String("code", string(e.Code))) // an alarm counts these
	}
	out := Response{Status: p.Status, Body: p}.with("content-type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		out = out.with("www-authenticate", "Bearer")
	}
	if p.RetryAfter > 0 {
		seconds := strconv.Itoa(p.RetryAfter)
		out = out.with("retry-after", seconds)
		if p.Status == http.StatusTooManyRequests {
			out = out.with("ratelimit", fmt.Sprintf("%q;r=0;t=%s", cmp.Or(e.Quota.Name, string(e.Code)), seconds))
		}
		if q := e.Quota; q.Max > 0 {
			out = out.with("ratelimit-policy", fmt.Sprintf("%q;q=%d;w=%d", q.Name, q.Max, int(q.Window.Seconds())))
		}
	}
	return out
}
