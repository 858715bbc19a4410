package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/retry"
)

// transaction collects writes that succeed or fail together.
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
	remove := &types.Delete{TableName: tx.store.name, Key: k.marshal(), ExpressionAttributeValues: vals.marshal()}
	if condition != "" {
		remove.ConditionExpression, remove.ExpressionAttributeNames = &condition, attributeNames(condition)
	}
	tx.items = append(tx.items, types.TransactWriteItem{Delete: remove})
	return tx
}

func (tx *transaction) check(k key, condition string, vals values) *transaction {
	tx.items = append(tx.items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: tx.store.name, Key: k.marshal(), ConditionExpression: &condition, ExpressionAttributeNames: attributeNames(condition), ExpressionAttributeValues: vals.marshal(),
	}})
	return tx
}

// last returns the index of the last added write, which is its key in cancelReasons.
func (tx *transaction) last() int { return len(tx.items) - 1 }

// conflictPolicy bounds the repeats of a write that conflicts with other writers.
func conflictPolicy() retry.Policy {
	return retry.Policy{MaxAttempts: 13, MinBackoff: 20 * time.Millisecond, MaxBackoff: 200 * time.Millisecond}
}

// commitWithRetry runs commit, and repeats it while another transaction writes
// the same items.
func (tx *transaction) commitWithRetry(ctx context.Context) (failed cancelReasons, err error) {
	err = retry.OnConflict(ctx, conflictPolicy(), func() error {
		failed, err = tx.commit(ctx)
		return err
	})
	return failed, err
}

// retryConflicts calls fn until it reports done or returns an error. It returns
// apperr.Conflict when the attempts are used up.
func retryConflicts(ctx context.Context, fn func() (done bool, err error)) error {
	err := retry.Do(ctx, conflictPolicy(), func(int) (bool, error) { return fn() })
	if apperr.Is(err, apperr.Conflict) {
		return apperr.Wrap(apperr.Conflict, err).WithRetryAfter(time.Second)
	}
	return err
}

// committed converts the result of commit into that of a retryConflicts call:
// done after a success, and not done after a conflict or a failed condition.
func committed(failed cancelReasons, err error) (done bool, _ error) {
	if apperr.Is(err, apperr.Conflict) {
		return false, nil
	}
	return failed == nil, err
}

// cancelReasons maps the index of each write whose condition failed to the
// existing item (empty if there is none).
type cancelReasons map[int]item

// has reports whether the condition of the write at index failed.
func (r cancelReasons) has(index int) bool {
	_, failed := r[index]
	return failed
}

// hasAny reports whether the condition of a write from first to before end failed.
func (r cancelReasons) hasAny(first, end int) bool {
	for index := first; index < end; index++ {
		if r.has(index) {
			return true
		}
	}
	return false
}

// commit runs the transaction. It returns the failed conditions, nil after a
// success, and apperr.Conflict if another transaction writes the same items.
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
