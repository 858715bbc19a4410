package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/ticket"
)

// ListTicketIDs lists the ids of all tickets that were created since then, in
// their order, in pages of n. after is nil for the first page; next is nil
// behind the last.
func (s *Store) ListTicketIDs(ctx context.Context, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	return s.listIDs(ctx, queueShard, since, after, n)
}

// ListUserIDs lists the ids of all people, likewise.
func (s *Store) ListUserIDs(ctx context.Context, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	return s.listIDs(ctx, allUsersKey, time.Time{}, after, n)
}

func (s *Store) listIDs(ctx context.Context, partition string, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	in := &dynamodb.QueryInput{
		TableName: s.name, IndexName: aws.String(indexAllCreated), Limit: aws.Int32(int32(n)), KeyConditionExpression: aws.String("qc = :all AND n >= :since"),
		ExpressionAttributeValues: values{"all": partition, "since": ticket.TimeSortKey(since)}.marshal(),
	}
	if after != nil {
		in.ExclusiveStartKey = item{}
		for name, value := range after {
			in.ExclusiveStartKey[name] = encode(value)
		}
	}
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return nil, nil, translate(err)
	}
	for _, row := range out.Items {
		var k key
		if err := decode(row, &k); err != nil {
			return nil, nil, err
		}
		ids = append(ids, idOf(k.PK))
	}
	if out.LastEvaluatedKey != nil {
		next = cursorOf(out.LastEvaluatedKey)
	}
	return ids, next, nil
}
