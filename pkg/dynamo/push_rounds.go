package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
)

// pushRoundItem is the newest request to push a subject, and the time of the last push.
type pushRoundItem struct {
	key
	Round  int   `dynamodbav:"r"`
	Done   int   `dynamodbav:"d,omitempty"` // round of the last push
	Pushed int64 `dynamodbav:"at,omitempty"`
}

// clockSkew is how much the clocks of two function instances may differ.
const clockSkew = 500 * time.Millisecond

// RequestPush implements stream.PushRoundStore. An instance requests a push of the counts at most
// once in an interval, because all instances write to that item.
func (s *Store) RequestPush(ctx context.Context, broadcastID string, after int, interval time.Duration) error {
	if broadcastID == "" && after == 0 && toMillis(s.now()) < s.countsPushOpen.Load() {
		return nil
	}
	c := updateSpec{key: pushRoundKey(broadcastID), set: "ADD r :one", values: values{"one": 1}}
	if after > 0 {
		c.condition, c.values["after"] = ifRoundOpen, after
	}
	updated, applied, err := s.update(ctx, c)
	if err != nil || !applied || broadcastID != "" {
		return err
	}
	i, err := decodeAs[pushRoundItem](updated)
	if err == nil && i.Pushed > 0 {
		s.countsPushed.Store(i.Pushed)
		s.countsPushOpen.Store(toMillis(fromMillis(i.Pushed).Add(interval - clockSkew)))
	}
	return err
}

// ifRoundOpen is the condition that round :after is the newest one and not claimed.
const ifRoundOpen = "r = :after AND (attribute_not_exists(d) OR d < :after)"

// claimIfDue is the condition that the last push is not more recent than the interval.
const claimIfDue = "(attribute_not_exists(#at) OR #at <= :before)"

// ClaimPush implements stream.PushRoundStore. An instance that knows of a recent push of the counts
// claims none without a round.
func (s *Store) ClaimPush(ctx context.Context, broadcastID string, round int, pushed time.Time, interval time.Duration) (claimed bool, err error) {
	now := s.now()
	if broadcastID == "" && round == 0 {
		pushed = fromMillis(s.countsPushed.Load())
	}
	if now.Before(pushed.Add(interval)) {
		return false, nil
	}
	c := updateSpec{
		key: pushRoundKey(broadcastID), set: "SET #at = :now, d = if_not_exists(r, :after)", condition: claimIfDue,
		values: values{"now": toMillis(now), "before": toMillis(now.Add(-interval)), "after": round},
	}
	if round > 0 {
		c.set, c.condition = "SET #at = :now, d = :after", ifRoundOpen+" AND "+claimIfDue
	}
	_, claimed, err = s.update(ctx, c)
	if claimed && broadcastID == "" {
		s.countsPushed.Store(toMillis(now))
	}
	return claimed, err
}

// decodePushRound returns nil for a claim, which does not change the round.
func decodePushRound(oldImage map[string]events.DynamoDBAttributeValue, image item) (event.Event, error) {
	old, err := convertImage(oldImage)
	if err != nil {
		return nil, err
	}
	before, err := decodeAs[pushRoundItem](old)
	if err != nil {
		return nil, err
	}
	i, err := decodeAs[pushRoundItem](image)
	if err != nil || i.Round == before.Round {
		return nil, err
	}
	if broadcastID := i.broadcastID(); broadcastID != "" {
		return event.BroadcastPushRequested{BroadcastID: broadcastID, Round: i.Round, Pushed: fromMillis(i.Pushed)}, nil
	}
	return event.CountsPushRequested{Round: i.Round, Pushed: fromMillis(i.Pushed)}, nil
}
