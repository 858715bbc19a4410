package api

import (
	"context"
	"log/slog"
	"net/http"
)

// Pinger is a dependency that can say whether it answers.
type Pinger interface {
	Ping(ctx context.Context) error
}

// GetHealth is GET /health: whether the house can serve at all.
func GetHealth(store Pinger, version string, log *slog.Logger) Endpoint {
	return Endpoint{Public, func(ctx context.Context, _ *Request) (Response, error) {
		if err := store.Ping(ctx); err != nil {
			log.ErrorContext(ctx, "table does not answer", slog.Any("error", err))
			return Response{Status: http.StatusServiceUnavailable, Body: map[string]string{"state": "down", "version": version}}, nil
		}
		return ok(map[string]string{"state": "ok", "version": version}), nil
	}}
}
