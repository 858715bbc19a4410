package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

var _ ticket.BinStore = (*Table)(nil)

// Remove implements ticket.BinStore.
func (t *Table) Remove(ctx context.Context, ticketID string, r audit.Record) error {
	tx := t.transaction().
		put(graveItem{headKey(ticketID), toMillis(t.now())}, "attribute_exists(PK) AND attribute_not_exists(gone)", nil).
		note(r)
	failed, err := tx.commitInTurn(ctx)
	if failed != nil {
		return fault.New(fault.TicketNotFound, "")
	}
	return err
}

// Bury implements ticket.Store.
func (t *Table) Bury(ctx context.Context, ticketID string) error {
	_, _, err := t.update(ctx, change{
		key: headKey(ticketID), set: "ADD again :one", condition: "attribute_exists(gone)", values: values{"one": 1},
	})
	return err
}

// Erase removes what was read of a deleted ticket: its entries and read marks,
// and its attachments.
func (t *Table) Erase(ctx context.Context, ticketID string, log ticket.Log) error {
	var keys []key
	for _, e := range log.Entries {
		keys = append(keys, entryKey(ticketID, e.Seq))
		for _, a := range e.Attachments {
			keys = append(keys, fileKey(a.ID))
		}
	}
	for reader := range log.Marks {
		keys = append(keys, markKey(ticketID, reader))
	}
	return t.removeAll(ctx, keys)
}

// removeAll deletes items by key, in no order.
func (t *Table) removeAll(ctx context.Context, keys []key) error {
	for len(keys) > 0 {
		n := min(len(keys), 25) // DynamoDB's limit of a batch
		var writes []types.WriteRequest
		for _, k := range keys[:n] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.wire()}})
		}
		keys = keys[n:]
		for try := 0; len(writes) > 0; try++ {
			out, err := t.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*t.name: writes}})
			if err != nil {
				return translate(err)
			}
			if writes = out.UnprocessedItems[*t.name]; len(writes) == 0 {
				break
			}
			if try == batchTries {
				return fault.New(fault.Unavailable, "").WithRetryAfter(time.Second)
			}
			pause(ctx, try)
		}
	}
	return nil
}
