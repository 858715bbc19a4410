package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
)

// transaction collects writes that happen together or not at all.
type transaction struct {
	store *Store
	items []types.TransactWriteItem
}

func (s *Store) transaction() *transaction { return &transaction{store: s} }

func (tx *transaction) put(v any, condition string, vals values) *transaction {
	put := &types.Put{
		TableName: tx.store.name, Item: encodeItem(v), ExpressionAttributeValues: vals.marshal(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if condition != "" {
		put.ConditionExpression, put.ExpressionAttributeNames = &condition, attributeNames(condition)
	}
	tx.items = append(tx.items, types.TransactWriteItem{Put: put})
	return tx
}

func (tx *transaction) update(c updateSpec) *transaction {
	update := &types.Update{
		TableName: tx.store.name, Key: c.key.marshal(), UpdateExpression: &c.set,
		ExpressionAttributeValues: c.values.marshal(), ExpressionAttributeNames: attributeNames(c.set + " " + c.condition),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if c.condition != "" {
		update.ConditionExpression = &c.condition
	}
	tx.items = append(tx.items, types.TransactWriteItem{Update: update})
	return tx
}

func (tx *transaction) remove(k key, condition string, vals values) *transaction {
	tx.items = append(tx.items, types.TransactWriteItem{Delete: &types.Delete{
		TableName: tx.store.name, Key: k.marshal(), ConditionExpression: &condition,
		ExpressionAttributeNames: attributeNames(condition), ExpressionAttributeValues: vals.marshal(),
	}})
	return tx
}

// maxConflictRetries bounds the repeats of a transaction that met another one.
const maxConflictRetries = 12

// backOff waits a little longer with every try.
func backOff(ctx context.Context, attempt int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(attempt+1) * 10 * time.Millisecond):
	}
}

// commitWithRetry runs the transaction as commit does, and again when it met
// another one: those that write the same items take turns.
func (tx *transaction) commitWithRetry(ctx context.Context) (cancelReasons, error) {
	for attempt := 0; ; attempt++ {
		failed, err := tx.commit(ctx)
		if !apperr.Is(err, apperr.Conflict) || attempt == maxConflictRetries {
			return failed, err
		}
		backOff(ctx, attempt)
	}
}

// cancelReasons says why a transaction was refused: by place in the transaction, the
// items that stand where a condition failed (empty when there is none).
type cancelReasons map[int]item

// commit runs the transaction. A failed condition is no error but a failure;
// a collision with another transaction is fault.Conflict.
func (tx *transaction) commit(ctx context.Context) (cancelReasons, error) {
	_, err := tx.store.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: tx.items})
	if err == nil {
		return nil, nil
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return nil, translate(err)
	}
	failed := cancelReasons{}
	for i, reason := range canceled.CancellationReasons {
		if aws.ToString(reason.Code) == "ConditionalCheckFailed" {
			failed[i] = reason.Item
		}
	}
	if len(failed) == 0 {
		return nil, translate(err)
	}
	return failed, nil
}
