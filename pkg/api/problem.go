package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
)

// problemResponse answers a request with an error and logs those that are ours.
func (s *Server) problemResponse(ctx context.Context, r *Request, err error) Response {
	f := apperr.From(err)
	p := wire.NewProblem(f, r.Locale(), r.Path, r.ID)
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
