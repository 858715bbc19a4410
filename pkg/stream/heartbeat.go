package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
)

// HeartbeatStore stores heartbeat acknowledgements.
type HeartbeatStore interface {
	// AckHeartbeat stores that the consumer has handled the heartbeat of that time.
	AckHeartbeat(ctx context.Context, consumer string, sentAt time.Time) error
}

// AckHeartbeat returns a Handler that acknowledges heartbeats. The health report
// derives the lag of the consumer from the last acknowledgement.
func AckHeartbeat(consumer string, store HeartbeatStore) Handler {
	return on(func(ctx context.Context, e event.HeartbeatSent) error {
		return store.AckHeartbeat(ctx, consumer, e.SentAt)
	})
}
