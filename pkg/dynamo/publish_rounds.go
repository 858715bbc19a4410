package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
)

// publishRoundItem is the newest request to publish a subject, and the time of the last publication.
type publishRoundItem struct {
	key
	Round     int   `dynamodbav:"r"`
	Done      int   `dynamodbav:"d,omitempty"` // round of the last publication
	Published int64 `dynamodbav:"at,omitempty"`
}

// clockSkew is how much the clocks of two function instances may differ.
const clockSkew = 500 * time.Millisecond

// RequestPublish implements stream.PublishRoundStore. An instance requests a publication of the counts at most
// once in an interval, because all instances write to that item.
func (s *Store) RequestPublish(ctx context.Context, broadcastID string, after int, interval time.Duration) error {
	if broadcastID == "" && after == 0 && toMillis(s.now()) < s.countsPublishOpen.Load() {
		return nil
	}
	c := updateSpec{key: publishRoundKey(broadcastID), set: "ADD r :one", values: values{"one": 1}}
	if after > 0 {
		c.condition, c.values["after"] = ifRoundOpen, after
	}
	updated, applied, err := s.update(ctx, c)
	if err != nil || !applied || broadcastID != "" {
		return err
	}
	i, err := decodeAs[publishRoundItem](updated)
	if err == nil && i.Published > 0 {
		s.countsPublished.Store(i.Published)
		s.countsPublishOpen.Store(toMillis(fromMillis(i.Published).Add(interval - clockSkew)))
	}
	return err
}

// ifRoundOpen is the condition that round :after is the newest one and not claimed.
const ifRoundOpen = "r = :after AND (attribute_not_exists(d) OR d < :after)"

// claimIfDue is the condition that the last publication is not more recent than the interval.
const claimIfDue = "(attribute_not_exists(#at) OR #at <= :before)"

// ClaimPublish implements stream.PublishRoundStore. An instance that knows of a recent publication of the counts
// claims none without a round.
func (s *Store) ClaimPublish(ctx context.Context, broadcastID string, round int, published time.Time, interval time.Duration) (claimed bool, err error) {
	now := s.now()
	if broadcastID == "" && round == 0 {
		published = fromMillis(s.countsPublished.Load())
	}
	if now.Before(published.Add(interval)) {
		return false, nil
	}
	c := updateSpec{
		key: publishRoundKey(broadcastID), set: "SET #at = :now, d = if_not_exists(r, :after)", condition: claimIfDue,
		values: values{"now": toMillis(now), "before": toMillis(now.Add(-interval)), "after": round},
	}
	if round > 0 {
		c.set, c.condition = "SET #at = :now, d = :after", ifRoundOpen+" AND "+claimIfDue
	}
	_, claimed, err = s.update(ctx, c)
	if claimed && broadcastID == "" {
		s.countsPublished.Store(toMillis(now))
	}
	return claimed, err
}

// decodePublishRound returns nil for a claim, which does not change the round.
func decodePublishRound(oldImage map[string]events.DynamoDBAttributeValue, image item) (event.Event, error) {
	old, err := convertImage(oldImage)
	if err != nil {
		return nil, err
	}
	before, err := decodeAs[publishRoundItem](old)
	if err != nil {
		return nil, err
	}
	i, err := decodeAs[publishRoundItem](image)
	if err != nil || i.Round == before.Round {
		return nil, err
	}
	if broadcastID := i.broadcastID(); broadcastID != "" {
		return event.BroadcastPublishRequested{BroadcastID: broadcastID, Round: i.Round, Published: fromMillis(i.Published)}, nil
	}
	return event.CountsPublishRequested{Round: i.Round, Published: fromMillis(i.Published)}, nil
}
