package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var _ account.RevocationStore = (*Store)(nil)

// revocationItem is the end of a subject's access at a time. Its key holds all of
// it, so equal revocations overwrite each other and different ones do not. The key
// sorts by time, so one query reads the revocations that still matter.
type revocationItem struct {
	key
	TTL int64 `dynamodbav:"ttl"`
}

func newRevocationItem(subject string, r user.Revocation) revocationItem {
	return revocationItem{revocationKey(subject, r), r.At.Add(account.RevocationTTL).Unix()}
}

// AddRevocation implements account.SessionStore and account.ProfileStore.
func (s *Store) AddRevocation(ctx context.Context, subject string, r user.Revocation) error {
	_, err := s.put(ctx, newRevocationItem(subject, r), "", nil)
	return err
}

// addRevocation adds the write of a revocation.
func (tx *transaction) addRevocation(subject string, r user.Revocation) *transaction {
	return tx.put(newRevocationItem(subject, r), "", nil)
}

// RevocationsSince implements account.RevocationStore.
func (s *Store) RevocationsSince(ctx context.Context, since time.Time) (map[string][]user.Revocation, error) {
	in := queryInput("PK = :pk AND SK > :from", values{"pk": revocationPK, "from": ticket.TimeSortKey(since)})
	in.ProjectionExpression = aws.String("SK")
	list := map[string][]user.Revocation{}
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		k, err := decodeAs[key](row)
		if err != nil {
			return nil, err
		}
		subject, r := k.revocation()
		list[subject] = append(list[subject], r)
	}
	return list, nil
}
