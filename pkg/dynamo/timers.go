package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
)

// timerItem is the time of the next automatic action on a ticket. Tickets without
// such an action have none.
type timerItem struct {
	key
	UC  string `dynamodbav:"uc"`  // partition of all timers in the index by creation
	N   string `dynamodbav:"n"`   // due time
	Seq int    `dynamodbav:"seq"` // sequence number of the entry that set the timer
}

var _ ticket.TimerStore = (*Store)(nil)

// SetTimer implements ticket.TimerStore.
func (s *Store) SetTimer(ctx context.Context, timer ticket.Timer, seq int) error {
	_, err := s.put(ctx, timerItem{timerKey(timer.TicketID), s.Shards.timerShard(timer.TicketID), ticket.TimeSortKey(timer.Due), seq},
		"attribute_not_exists(PK) OR seq < :seq", values{"seq": seq})
	return err
}

// DeleteTimer implements ticket.TimerStore.
func (s *Store) DeleteTimer(ctx context.Context, ticketID string, seq int) error {
	_, err := s.remove(ctx, timerKey(ticketID), "seq <= :seq", values{"seq": seq})
	return err
}

// DueTimers implements ticket.TimerStore.
func (s *Store) DueTimers(ctx context.Context, now time.Time, n int) ([]ticket.Timer, error) {
	found, _, err := s.queryShards(ctx, shardQuery{
		index: indexOwnerCreated, hash: "uc", sort: "n", shards: shardKeys(timersPK, s.Shards.Queue.Reads()), to: ticket.TimeSortKey(now),
	}, nil, n)
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[timerItem](found)
	due := make([]ticket.Timer, len(items))
	for i, timer := range items {
		due[i] = ticket.Timer{TicketID: idOf(timer.PK), Due: timeFromKey(timer.N)}
	}
	return due, err
}

// RescheduleTimer implements ticket.TimerStore.
func (s *Store) RescheduleTimer(ctx context.Context, timer ticket.Timer, to time.Time) error {
	vals := values{"was": ticket.TimeSortKey(timer.Due)}
	if to.IsZero() {
		_, err := s.remove(ctx, timerKey(timer.TicketID), "n = :was", vals)
		return err
	}
	vals["to"] = ticket.TimeSortKey(to)
	_, _, err := s.update(ctx, updateSpec{key: timerKey(timer.TicketID), set: "SET n = :to", condition: "n = :was", values: vals})
	return err
}
