package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
)

var _ account.RevocationStore = (*Table)(nil)

// revocationItem says that somebody's access ended at a time; both stand in its
// key. They lie in one partition in the order of time, so that reading what
// still matters is one Query, whatever TTL has not yet taken away.
type revocationItem struct {
	key
	TTL int64 `dynamodbav:"ttl"`
}

func newRevocation(subject string, at time.Time) revocationItem {
	return revocationItem{revocationKey(subject, at), at.Add(account.RevocationLife).Unix()}
}

// Revoke implements account.Store.
func (t *Table) Revoke(ctx context.Context, subject string, at time.Time) error {
	_, err := t.put(ctx, newRevocation(subject, at), "", nil)
	return err
}

// revoke makes a transaction revoke somebody's access.
func (tx *transaction) revoke(subject string, at time.Time) *transaction {
	return tx.put(newRevocation(subject, at), "", nil)
}

// Revoked implements account.RevocationStore.
func (t *Table) Revoked(ctx context.Context, since time.Time) (map[string]time.Time, error) {
	from := revocationKey("", since)
	in := &dynamodb.QueryInput{
		TableName: t.name, KeyConditionExpression: aws.String("PK = :pk AND SK > :from"), ProjectionExpression: aws.String("SK"),
		ExpressionAttributeValues: values{"pk": from.PK, "from": from.SK}.wire(),
	}
	list := map[string]time.Time{}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var k key
			if err := decode(one, &k); err != nil {
				return nil, err
			}
			at, subject, _ := strings.Cut(k.SK, "#")
			list[subject] = timeOfKey(at) // ascending: the last stays
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return list, nil
		}
	}
}
