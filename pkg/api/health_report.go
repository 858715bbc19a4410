package api

import (
	"context"
	"log/slog"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/health"
)

// HealthConfig configures GetHealthReport.
type HealthConfig struct {
	Checks           []health.Check
	Version          string
	FailedDeliveries func(ctx context.Context) (int, error) // messages in the delivery dead-letter queue
}

type healthView struct {
	State            health.State `json:"state"`
	Checks           []checkView  `json:"checks"`
	FailedDeliveries int          `json:"failedDeliveries"`
	Version          string       `json:"version"`
}

type checkView struct {
	Name      string       `json:"name"`
	State     health.State `json:"state"`
	LatencyMS int64        `json:"latencyMs"`
	Detail    string       `json:"detail"`
}

// GetHealthReport returns the endpoint GET /admin/health. The status is 200 even if checks
// fail; the body contains their results.
func GetHealthReport(cfg HealthConfig, log *slog.Logger) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		failed := 0
		checks := append([]health.Check{{Name: "failed deliveries", Run: func(ctx context.Context, _ string) (string, bool, error) {
			n, err := cfg.FailedDeliveries(ctx)
			failed = n
			return "", n > 0, err
		}}}, cfg.Checks...)
		state, results := health.RunAll(ctx, log, r.Locale(), checks)
		return ok(healthView{state, wire.MapSlice(results[1:], func(c health.Result) checkView {
			return checkView{c.Name, c.State, c.Latency.Milliseconds(), c.Detail}
		}), failed, cfg.Version}), nil
	})
}
