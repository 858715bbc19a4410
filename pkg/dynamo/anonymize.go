package dynamo

import (
	"context"
	"errors"

	"ticketsystem/pkg/user"
)

// AnonymizeUser removes a deleted user's name from the tickets they opened or are
// assigned to. It is safe to repeat.
func (s *Store) AnonymizeUser(ctx context.Context, userID string) error {
	return errors.Join(
		s.anonymizeTickets(ctx, indexOwnerActivity, "u", ticketOwnerKey(userID), "SET #row.un = :removed ADD rev :one", "#row.u = :id", userID),
		s.anonymizeTickets(ctx, indexAssigneeWaiting, "lh", userID, "SET #row.hn = :removed ADD rev :one", "#row.h = :id", userID),
	)
}

// anonymizeTickets updates all tickets in a partition of an index. It increments
// their revision, so that a concurrent projection cannot restore the name.
func (s *Store) anonymizeTickets(ctx context.Context, index, hash, value, set, condition, userID string) error {
	for row, err := range s.query(ctx, queryInput(hash+" = :hash", values{"hash": value}, onIndex(index))) {
		if err != nil {
			return err
		}
		k, err := decodeAs[key](row)
		if err != nil {
			return err
		}
		_, _, err = s.update(ctx, updateSpec{
			key: k, set: set, condition: condition, values: values{"removed": user.DeletedName, "one": 1, "id": userID},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
