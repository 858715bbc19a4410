package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var _ account.RevocationStore = (*Store)(nil)

// revocationItem says that somebody's access ended at a time. All of it stands
// in its key: two of one moment do not overwrite each other, and one that is
// written again is the same. They lie in one partition in the order of time, so
// that reading what still matters is one Query, whatever TTL has not yet taken
// away.
type revocationItem struct {
	key
	TTL int64 `dynamodbav:"ttl"`
}

func newRevocationItem(subject string, r user.Revocation) revocationItem {
	return revocationItem{revocationKey(subject, r), r.At.Add(account.RevocationTTL).Unix()}
}

// AddRevocation implements account.Store.
func (s *Store) AddRevocation(ctx context.Context, subject string, r user.Revocation) error {
	_, err := s.put(ctx, newRevocationItem(subject, r), "", nil)
	return err
}

// addRevocation makes a transaction revoke somebody's access.
func (tx *transaction) addRevocation(subject string, r user.Revocation) *transaction {
	return tx.put(newRevocationItem(subject, r), "", nil)
}

// RevocationsSince implements account.RevocationStore.
func (s *Store) RevocationsSince(ctx context.Context, since time.Time) (map[string][]user.Revocation, error) {
	from := key{revocationPK, ticket.TimeSortKey(since)}
	in := &dynamodb.QueryInput{
		TableName: s.name, KeyConditionExpression: aws.String("PK = :pk AND SK > :from"), ProjectionExpression: aws.String("SK"),
		ExpressionAttributeValues: values{"pk": from.PK, "from": from.SK}.marshal(),
	}
	list := map[string][]user.Revocation{}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var k key
			if err := decode(one, &k); err != nil {
				return nil, err
			}
			subject, r := k.revocation()
			list[subject] = append(list[subject], r)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return list, nil
		}
	}
}
