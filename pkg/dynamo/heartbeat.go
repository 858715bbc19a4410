package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/health"
)

var _ health.HeartbeatStore = (*Store)(nil)

// heartbeatItem is a mark that runs through the stream, and echoItem a follower's
// answer to the newest that it saw.
type heartbeatItem struct {
	key
	SentAt int64 `dynamodbav:"beat"`
}

type heartbeatAckItem struct {
	heartbeatItem
	AckedAt int64 `dynamodbav:"at"`
}

// SendHeartbeat implements health.Pulse.
func (s *Store) SendHeartbeat(ctx context.Context, at time.Time) error {
	_, err := s.put(ctx, heartbeatItem{heartbeatKey(), toMillis(at)}, "", nil)
	return err
}

// LastHeartbeatAck implements health.Pulse.
func (s *Store) LastHeartbeatAck(ctx context.Context, consumer string) (sentAt, ackedAt time.Time, err error) {
	var i heartbeatAckItem
	_, err = s.get(ctx, heartbeatAckKey(consumer), true, &i)
	return fromMillis(i.SentAt), fromMillis(i.AckedAt), err
}

// AckHeartbeat is a follower's answer to a mark.
func (s *Store) AckHeartbeat(ctx context.Context, consumer string, sentAt time.Time) error {
	_, err := s.put(ctx, heartbeatAckItem{heartbeatItem{heartbeatAckKey(consumer), toMillis(sentAt)}, toMillis(s.now())}, "", nil)
	return err
}
