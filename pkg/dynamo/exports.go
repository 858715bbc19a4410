package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/export"
)

// exportItem is the newest export of a user.
type exportItem struct {
	key
	File  string `dynamodbav:"file"`
	Ready bool   `dynamodbav:"ready,omitempty"`
	At    int64  `dynamodbav:"at"`
	TTL   int64  `dynamodbav:"ttl"`
}

var _ export.Store = (*Store)(nil)

// Export implements export.Store.
func (s *Store) Export(ctx context.Context, userID string) (export.Export, bool, error) {
	var i exportItem
	found, err := s.get(ctx, exportKey(userID), true, &i)
	return export.Export{UserID: userID, FileID: i.File, Ready: i.Ready, StartedAt: fromMillis(i.At)}, found, err
}

// StartExport implements export.Store.
func (s *Store) StartExport(ctx context.Context, e export.Export, cutoff time.Time) (bool, error) {
	i := exportItem{key: exportKey(e.UserID), File: e.FileID, At: toMillis(e.StartedAt), TTL: e.ExpiresAt().Unix()}
	existing, err := s.put(ctx, i, "attribute_not_exists(PK) OR #at <= :cutoff OR #file = :file", values{"cutoff": toMillis(cutoff), "file": e.FileID})
	return existing == nil, err
}

// FinishExport implements export.Store.
func (s *Store) FinishExport(ctx context.Context, e export.Export) error {
	_, _, err := s.update(ctx, updateSpec{
		key: exportKey(e.UserID), set: "SET #ready = :true", condition: "#file = :file", values: values{"true": true, "file": e.FileID},
	})
	return err
}
