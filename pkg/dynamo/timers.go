package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/ticket"
)

// timerItem says when time is to look at a ticket. Only tickets that wait for
// something have one, so the index holds no more than those.
type timerItem struct {
	key
	UC  string `dynamodbav:"uc"`
	N   string `dynamodbav:"n"`
	Seq int    `dynamodbav:"seq"` // of the entry that set it
}

var _ ticket.TimerStore = (*Store)(nil)

// SetTimer implements ticket.TimerStore.
func (s *Store) SetTimer(ctx context.Context, timer ticket.Timer, seq int) error {
	_, err := s.put(ctx, timerItem{timerKey(timer.TicketID), timersPK, ticket.TimeSortKey(timer.Due), seq},
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
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name, IndexName: aws.String(indexOwnerCreated), Limit: aws.Int32(int32(n)),
		KeyConditionExpression:    aws.String("uc = :timers AND n <= :now"),
		ExpressionAttributeValues: values{"timers": timersPK, "now": ticket.TimeSortKey(now)}.marshal(),
	})
	if err != nil {
		return nil, translate(err)
	}
	due := make([]ticket.Timer, len(out.Items))
	for i, row := range out.Items {
		var item timerItem
		if err := decode(row, &item); err != nil {
			return nil, err
		}
		due[i] = ticket.Timer{TicketID: idOf(item.PK), Due: timeFromKey(item.N)}
	}
	return due, nil
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
