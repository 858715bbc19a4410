package dynamo

import (
	"context"
	"errors"

	"ticketsystem/pkg/user"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// AnonymizeUser takes a removed person's name off the heads of the tickets they
// opened, or hold. It may be repeated.
func (s *Store) AnonymizeUser(ctx context.Context, userID string) error {
	return errors.Join(
		s.anonymizeTickets(ctx, indexOwnerActivity, "u", ticketOwnerKey(userID), "SET #row.un = :removed ADD rev :one", "#row.u = :id", userID),
		s.anonymizeTickets(ctx, indexAssigneeWaiting, "lh", userID, "SET #row.hn = :removed ADD rev :one", "#row.h = :id", userID),
	)
}

// anonymizeTickets changes all heads in a partition of an index. A head that is changed
// moves on its revision, so that nobody who has read it writes the name back.
func (s *Store) anonymizeTickets(ctx context.Context, index, hash, value, set, condition, userID string) error {
	in := &dynamodb.QueryInput{
		TableName: s.name, IndexName: &index, KeyConditionExpression: aws.String(hash + " = :hash"),
		ExpressionAttributeValues: values{"hash": value}.marshal(),
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return translate(err)
		}
		for _, one := range out.Items {
			var k key
			if err := decode(one, &k); err != nil {
				return err
			}
			_, _, err := s.update(ctx, updateSpec{
				key: k, set: set, condition: condition, values: values{"removed": user.DeletedName, "one": 1, "id": userID},
			})
			if err != nil {
				return err
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return nil
		}
	}
}
