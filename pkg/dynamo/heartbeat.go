package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/health"
)

var _ health.HeartbeatStore = (*Store)(nil)

// heartbeatItem is the heartbeat that health checks write, and that each stream
// consumer acknowledges with a heartbeatAckItem.
type heartbeatItem struct {
	key
	SentAt int64 `dynamodbav:"beat"`
}

type heartbeatAckItem struct {
	heartbeatItem
	AckedAt int64 `dynamodbav:"at"`
}

// SendHeartbeat implements health.HeartbeatStore.
func (s *Store) SendHeartbeat(ctx context.Context, at time.Time) error {
	_, err := s.put(ctx, heartbeatItem{heartbeatKey(), toMillis(at)}, "", nil)
	return err
}

// LastHeartbeatAck implements health.HeartbeatStore.
func (s *Store) LastHeartbeatAck(ctx context.Context, consumer string) (sentAt, ackedAt time.Time, err error) {
	var i heartbeatAckItem
	_, err = s.get(ctx, heartbeatAckKey(consumer), true, &i)
	return fromMillis(i.SentAt), fromMillis(i.AckedAt), err
}

// AckHeartbeat records that a stream consumer has received a heartbeat.
func (s *Store) AckHeartbeat(ctx context.Context, consumer string, sentAt time.Time) error {
	_, err := s.put(ctx, heartbeatAckItem{heartbeatItem{heartbeatAckKey(consumer), toMillis(sentAt)}, toMillis(s.now())}, "", nil)
	return err
}
