package api

import (
	"context"
	"log/slog"
	"net/http"
)

// Pinger is a dependency that can be checked.
type Pinger interface {
	// Ping returns an error if the dependency is not reachable.
	Ping(ctx context.Context) error
}

// GetHealth returns the endpoint GET /health. It returns 503 if the table is unreachable.
func GetHealth(store Pinger, version string, log *slog.Logger) Endpoint {
	return Public(func(ctx context.Context, _ *Request) (Response, error) {
		if err := store.Ping(ctx); err != nil {
			log.ErrorContext(ctx, "table unreachable", slog.Any("error", err))
			return Response{Status: http.StatusServiceUnavailable, Body: map[string]string{"state": "down", "version": version}}, nil
		}
		return ok(map[string]string{"state": "ok", "version": version}), nil
	})
}
