package stream

import (
	"context"

	"ticketsystem/pkg/dynamo"
)

// Anonymizer are the copies of people's names on tickets.
type Anonymizer interface {
	AnonymizeUser(ctx context.Context, userID string) error
}

// AnonymizeUser takes the name of a removed person off their tickets.
func AnonymizeUser(anonymizer Anonymizer) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.DeletedUserID == "" {
			return nil
		}
		return anonymizer.AnonymizeUser(ctx, change.DeletedUserID)
	}
}
