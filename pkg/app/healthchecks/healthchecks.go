// Package healthchecks builds the checks of the health report.
package healthchecks

import (
	"context"
	"errors"
	"strings"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
	"ticketsystem/pkg/health"
	"ticketsystem/pkg/queue"
)

// Config returns the checks of the table, the bucket, the stream handlers and the
// queues. MONITORED_QUEUES and MONITORED_DLQS are lists of name=URL.
func Config(a *app.App) api.HealthConfig {
	store, bucket := a.Store(), blob.New(a.AWS("S3"), a.Required("BUCKET_NAME"))
	checks := []health.Check{
		health.PingCheck("table", true, store.Ping),
		health.PingCheck("bucket", false, func(ctx context.Context) error {
			_, err := bucket.Head(ctx, "files/none")
			if errors.Is(err, attachment.ErrObjectNotFound) {
				return nil
			}
			return err
		}),
		health.StreamCheck("stream-project", store, app.Now),
		health.StreamCheck("stream-deliver", store, app.Now),
	}
	depths := queue.NewDepthReader(a.AWS("SQS"))
	add := func(variable string, deadLetter bool) {
		for _, pair := range a.List(variable) {
			name, url, _ := strings.Cut(pair, "=")
			checks = append(checks, health.QueueCheck(name, deadLetter, func(ctx context.Context) (int, error) { return depths.Depth(ctx, url) }))
		}
	}
	add("MONITORED_QUEUES", false)
	add("MONITORED_DLQS", true)
	failedURL := a.String("DELIVERY_DLQ_URL", "")
	return api.HealthConfig{Checks: checks, Version: a.String("VERSION", "dev"), FailedDeliveries: func(ctx context.Context) (int, error) {
		if failedURL == "" {
			return 0, nil
		}
		return depths.Depth(ctx, failedURL)
	}}
}
