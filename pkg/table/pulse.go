package table

import (
	"context"
	"time"

	"ticketsystem/pkg/health"
)

var _ health.Pulse = (*Table)(nil)

// pulseItem is a mark that runs through the stream, and echoItem a follower's
// answer to the newest that it saw.
type pulseItem struct {
	key
	Beat int64 `dynamodbav:"beat"`
}

type echoItem struct {
	pulseItem
	At int64 `dynamodbav:"at"`
}

// Beat implements health.Pulse.
func (t *Table) Beat(ctx context.Context, at time.Time) error {
	_, err := t.put(ctx, pulseItem{pulseKey(), toMillis(at)}, "", nil)
	return err
}

// Echo implements health.Pulse.
func (t *Table) Echo(ctx context.Context, follower string) (beat, at time.Time, err error) {
	var i echoItem
	_, err = t.get(ctx, echoKey(follower), true, &i)
	return fromMillis(i.Beat), fromMillis(i.At), err
}

// NoteEcho is a follower's answer to a mark.
func (t *Table) NoteEcho(ctx context.Context, follower string, beat time.Time) error {
	_, err := t.put(ctx, echoItem{pulseItem{echoKey(follower), toMillis(beat)}, toMillis(t.now())}, "", nil)
	return err
}
