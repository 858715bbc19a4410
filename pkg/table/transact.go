package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/fault"
)

// transaction collects writes that happen together or not at all.
type transaction struct {
	table *Table
	items []types.TransactWriteItem
}

func (t *Table) transaction() *transaction { return &transaction{table: t} }

func (tx *transaction) put(v any, condition string, vals values) *transaction {
	put := &types.Put{
		TableName: tx.table.name, Item: encodeItem(v), ExpressionAttributeValues: vals.wire(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if condition != "" {
		put.ConditionExpression, put.ExpressionAttributeNames = &condition, names(condition)
	}
	tx.items = append(tx.items, types.TransactWriteItem{Put: put})
	return tx
}

func (tx *transaction) update(c change) *transaction {
	update := &types.Update{
		TableName: tx.table.name, Key: c.key.wire(), UpdateExpression: &c.set,
		ExpressionAttributeValues: c.values.wire(), ExpressionAttributeNames: names(c.set + " " + c.condition),
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
		TableName: tx.table.name, Key: k.wire(), ConditionExpression: &condition,
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: vals.wire(),
	}})
	return tx
}

// conflictTries bounds the repeats of a transaction that met another one.
const conflictTries = 12

// pause waits a little longer with every try.
func pause(ctx context.Context, try int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(try+1) * 10 * time.Millisecond):
	}
}

// commitInTurn runs the transaction as commit does, and again when it met
// another one: those that write the same items take turns.
func (tx *transaction) commitInTurn(ctx context.Context) (failure, error) {
	for try := 0; ; try++ {
		failed, err := tx.commit(ctx)
		if !fault.Is(err, fault.Conflict) || try == conflictTries {
			return failed, err
		}
		pause(ctx, try)
	}
}

// failure says why a transaction was refused: by place in the transaction, the
// items that stand where a condition failed (empty when there is none).
type failure map[int]item

// commit runs the transaction. A failed condition is no error but a failure;
// a collision with another transaction is fault.Conflict.
func (tx *transaction) commit(ctx context.Context) (failure, error) {
	_, err := tx.table.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: tx.items})
	if err == nil {
		return nil, nil
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, translate(err)
	}
	failed := failure{}
	for i, reason := range cancelled.CancellationReasons {
		if aws.ToString(reason.Code) == "ConditionalCheckFailed" {
			failed[i] = reason.Item
		}
	}
	if len(failed) == 0 {
		return nil, translate(err)
	}
	return failed, nil
}
