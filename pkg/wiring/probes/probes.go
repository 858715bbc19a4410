// Package probes wires what looks at the health of the house.
package probes

import (
	"context"
	"errors"
	"strings"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
	"ticketsystem/pkg/health"
	"ticketsystem/pkg/queue"
	"ticketsystem/pkg/wiring"
)

// House looks at the table, the bucket (BUCKET_NAME), the followers of the
// stream and the queues: QUEUES and FAILURE_QUEUES are lists of name=address.
func House(h *wiring.House) api.Office {
	t, bucket := h.Table(), blob.New(h.AWS("S3"), h.Need("BUCKET_NAME"))
	list := []health.Probe{
		health.Answers("table", true, t.Ping),
		health.Answers("bucket", false, func(ctx context.Context) error {
			_, err := bucket.Head(ctx, "files/none")
			if errors.Is(err, attachment.ErrNoBytes) {
				return nil
			}
			return err
		}),
		health.Stream("stream-project", t, wiring.Now),
		health.Stream("stream-deliver", t, wiring.Now),
	}
	depths := queue.NewDepths(h.AWS("SQS"))
	add := func(variable string, failures bool) {
		for _, one := range h.List(variable) {
			name, url, _ := strings.Cut(one, "=")
			list = append(list, health.Queue(name, failures, func(ctx context.Context) (int, error) { return depths.Of(ctx, url) }))
		}
	}
	add("QUEUES", false)
	add("FAILURE_QUEUES", true)
	failed := h.Or("DELIVERY_FAILURES_URL", "")
	return api.Office{Probes: list, Version: h.Or("VERSION", "dev"), Failed: func(ctx context.Context) (int, error) {
		if failed == "" {
			return 0, nil
		}
		return depths.Of(ctx, failed)
	}}
}
