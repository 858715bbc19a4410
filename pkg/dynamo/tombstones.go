package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/ticket"
)

var _ ticket.DeleteStore = (*Store)(nil)

// DeleteTicket implements ticket.BinStore.
func (s *Store) DeleteTicket(ctx context.Context, ticketID string, r audit.Record) error {
	tx := s.transaction().
		put(tombstoneItem{ticketKey(ticketID), toMillis(s.now())}, "attribute_exists(PK) AND attribute_not_exists(gone)", nil).
		putAudit(r)
	failed, err := tx.commitWithRetry(ctx)
	if failed != nil {
		return apperr.New(apperr.TicketNotFound, "")
	}
	return err
}

// TouchTombstone implements ticket.Store.
func (s *Store) TouchTombstone(ctx context.Context, ticketID string) error {
	_, _, err := s.update(ctx, updateSpec{
		key: ticketKey(ticketID), set: "ADD again :one", condition: "attribute_exists(gone)", values: values{"one": 1},
	})
	return err
}

// PurgeTicket removes what was read of a deleted ticket: its entries and read marks,
// and its attachments.
func (s *Store) PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error {
	var keys []key
	for _, e := range log.Entries {
		keys = append(keys, entryKey(ticketID, e.Seq))
		for _, a := range e.Attachments {
			keys = append(keys, attachmentKey(a.ID))
		}
	}
	for reader := range log.ReadMarkers {
		keys = append(keys, readMarkerKey(ticketID, reader))
	}
	return s.batchDelete(ctx, keys)
}

// batchDelete deletes items by key, in no order.
func (s *Store) batchDelete(ctx context.Context, keys []key) error {
	for len(keys) > 0 {
		n := min(len(keys), 25) // DynamoDB's limit of a batch
		var writes []types.WriteRequest
		for _, k := range keys[:n] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.marshal()}})
		}
		keys = keys[n:]
		for attempt := 0; len(writes) > 0; attempt++ {
			out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*s.name: writes}})
			if err != nil {
				return translate(err)
			}
			if writes = out.UnprocessedItems[*s.name]; len(writes) == 0 {
				break
			}
			if attempt == maxBatchRetries {
				return apperr.New(apperr.Unavailable, "").WithRetryAfter(time.Second)
			}
			backOff(ctx, attempt)
		}
	}
	return nil
}
