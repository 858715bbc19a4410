package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/dynamo"
)

// HeartbeatStore keeps the answers of the stream's followers.
type HeartbeatStore interface {
	AckHeartbeat(ctx context.Context, consumer string, sentAt time.Time) error
}

// AckHeartbeat answers the marks that are sent through the stream to see whether a
// follower is behind.
func AckHeartbeat(consumer string, store HeartbeatStore) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.Heartbeat.IsZero() {
			return nil
		}
		return store.AckHeartbeat(ctx, consumer, change.Heartbeat)
	}
}
