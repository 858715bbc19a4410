package table

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

var _ ticket.TimerStore = (*Table)(nil)

// SetTimer implements ticket.TimerStore.
func (t *Table) SetTimer(ctx context.Context, timer ticket.Timer, seq int) error {
	_, err := t.put(ctx, timerItem{timerKey(timer.TicketID), timers, ticket.TimeKey(timer.Due), seq},
		"attribute_not_exists(PK) OR seq < :seq", values{"seq": seq})
	return err
}

// DropTimer implements ticket.TimerStore.
func (t *Table) DropTimer(ctx context.Context, ticketID string, seq int) error {
	_, err := t.remove(ctx, timerKey(ticketID), "seq <= :seq", values{"seq": seq})
	return err
}

// DueTimers implements ticket.TimerStore.
func (t *Table) DueTimers(ctx context.Context, now time.Time, n int) ([]ticket.Timer, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, IndexName: aws.String(indexOwnerCreated), Limit: aws.Int32(int32(n)),
		KeyConditionExpression:    aws.String("uc = :timers AND n <= :now"),
		ExpressionAttributeValues: values{"timers": timers, "now": ticket.TimeKey(now)}.wire(),
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
		due[i] = ticket.Timer{TicketID: idOf(item.PK), Due: timeOfKey(item.N)}
	}
	return due, nil
}

// MoveTimer implements ticket.TimerStore.
func (t *Table) MoveTimer(ctx context.Context, timer ticket.Timer, to time.Time) error {
	was := values{"was": ticket.TimeKey(timer.Due)}
	if to.IsZero() {
		_, err := t.remove(ctx, timerKey(timer.TicketID), "n = :was", was)
		return err
	}
	was["to"] = ticket.TimeKey(to)
	_, _, err := t.update(ctx, change{key: timerKey(timer.TicketID), set: "SET n = :to", condition: "n = :was", values: was})
	return err
}
