// Package table keeps everything in one DynamoDB table. keys.go makes all the
// keys; there is a file for each entity; DynamoDB's errors end here and leave
// as faults of pkg/fault.
package table

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"ticketsystem/pkg/fault"
)

// Table is the one table. It is safe for concurrent use.
type Table struct {
	db   *dynamodb.Client
	name *string
	now  func() time.Time

	edition atomic.Int64 // of the numbers, that new tickets come into, as far as known
}

// New opens the table of that name. now decides what has expired.
func New(cfg aws.Config, name string, now func() time.Time) *Table {
	return &Table{db: dynamodb.NewFromConfig(cfg), name: aws.String(name), now: now}
}

// item is an item on the wire.
type item = map[string]types.AttributeValue

// values are the values of an expression, by their names without the colon.
type values map[string]any

func (v values) wire() item {
	if len(v) == 0 {
		return nil
	}
	out := make(item, len(v))
	for name, value := range v {
		out[":"+name] = encode(value)
	}
	return out
}

// names finds the attributes that an expression writes as #name, which it does
// where the name is one of DynamoDB's reserved words.
func names(expression string) map[string]string {
	var found map[string]string
	for _, part := range strings.Split(expression, "#")[1:] {
		end := strings.IndexFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' })
		if end < 0 {
			end = len(part)
		}
		if found == nil {
			found = map[string]string{}
		}
		found["#"+part[:end]] = part[:end]
	}
	return found
}

// encode writes a value of one of this package's own types. Those always can
// be written: what fails here is a mistake in the code, not in the data.
func encode(v any) types.AttributeValue {
	if av, encoded := v.(types.AttributeValue); encoded {
		return av
	}
	av, err := attributevalue.Marshal(v)
	if err != nil {
		panic("table: " + err.Error())
	}
	return av
}

func encodeItem(v any) item {
	out, err := attributevalue.MarshalMap(v)
	if err != nil {
		panic("table: " + err.Error())
	}
	return out
}

func decode(from item, into any) error { return attributevalue.UnmarshalMap(from, into) }

func decodeValue(from types.AttributeValue, into any) error {
	return attributevalue.Unmarshal(from, into)
}

func (k key) wire() item {
	return item{
		"PK": &types.AttributeValueMemberS{Value: k.PK},
		"SK": &types.AttributeValueMemberS{Value: k.SK},
	}
}

// get reads one item; found is false when there is none.
func (t *Table) get(ctx context.Context, k key, strong bool, into any) (found bool, err error) {
	out, err := t.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: t.name, Key: k.wire(), ConsistentRead: aws.Bool(strong)})
	if err != nil {
		return false, translate(err)
	}
	if out.Item == nil {
		return false, nil
	}
	return true, decode(out.Item, into)
}

// batchTries bounds the repeats of a batch whose keys were not all processed.
const batchTries = 8

// getAll reads items by key, in no order; missing ones are left out.
func (t *Table) getAll(ctx context.Context, keys []key, strong bool) ([]item, error) {
	var found []item
	for len(keys) > 0 {
		n := min(len(keys), 100) // DynamoDB's limit of a batch
		request := types.KeysAndAttributes{ConsistentRead: aws.Bool(strong)}
		for _, k := range keys[:n] {
			request.Keys = append(request.Keys, k.wire())
		}
		keys = keys[n:]
		pending := map[string]types.KeysAndAttributes{*t.name: request}
		for try := 0; len(pending) > 0; try++ {
			out, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: pending})
			if err != nil {
				return nil, translate(err)
			}
			found = append(found, out.Responses[*t.name]...)
			if pending = out.UnprocessedKeys; len(pending) > 0 && try == batchTries {
				return nil, fault.New(fault.Unavailable, "").WithRetryAfter(time.Second)
			}
		}
	}
	return found, nil
}

// put writes an item under a condition. When the condition fails, held is the
// item that stands there.
func (t *Table) put(ctx context.Context, v any, condition string, vals values) (held item, err error) {
	in := &dynamodb.PutItemInput{TableName: t.name, Item: encodeItem(v), ExpressionAttributeValues: vals.wire()}
	if condition != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &condition, names(condition)
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	_, err = t.db.PutItem(ctx, in)
	return conditioned(err)
}

// change is an update of one item.
type change struct {
	key       key
	set       string // the update expression
	condition string // "" for none
	values    values
}

// update changes an item and returns it as it is after. When the condition
// fails, applied is false and the item is as it stands (nil when there is none).
func (t *Table) update(ctx context.Context, c change) (after item, applied bool, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName: t.name, Key: c.key.wire(), UpdateExpression: &c.set,
		ExpressionAttributeValues: c.values.wire(), ExpressionAttributeNames: names(c.set + " " + c.condition),
		ReturnValues: types.ReturnValueAllNew,
	}
	if c.condition != "" {
		in.ConditionExpression = &c.condition
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	out, err := t.db.UpdateItem(ctx, in)
	if err == nil {
		return out.Attributes, true, nil
	}
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return failed.Item, false, nil
	}
	return nil, false, translate(err)
}

// remove deletes an item and returns what it was; nil when there was none or
// the condition failed.
func (t *Table) remove(ctx context.Context, k key, condition string, vals values) (was item, err error) {
	in := &dynamodb.DeleteItemInput{TableName: t.name, Key: k.wire(), ReturnValues: types.ReturnValueAllOld}
	if condition != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &condition, names(condition)
		in.ExpressionAttributeValues = vals.wire()
	}
	out, err := t.db.DeleteItem(ctx, in)
	if err != nil {
		var failed *types.ConditionalCheckFailedException
		if errors.As(err, &failed) {
			return nil, nil
		}
		return nil, translate(err)
	}
	return out.Attributes, nil
}

// conditioned turns the failure of a condition into the item that stands there.
func conditioned(err error) (item, error) {
	if err == nil {
		return nil, nil
	}
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		if failed.Item == nil {
			return item{}, nil
		}
		return failed.Item, nil
	}
	return nil, translate(err)
}

// translate gives DynamoDB's errors their kinds. What is not listed stays as
// it is and becomes a 500 at the edge.
func translate(err error) error {
	var (
		conflict  *types.TransactionConflictException
		running   *types.TransactionInProgressException
		throttled *types.ProvisionedThroughputExceededException
		limited   *types.RequestLimitExceeded
		cancelled *types.TransactionCanceledException
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &conflict), errors.As(err, &running):
		return fault.Wrap(fault.Conflict, err).WithRetryAfter(time.Second)
	case errors.As(err, &throttled), errors.As(err, &limited):
		return fault.Wrap(fault.Unavailable, err).WithRetryAfter(time.Second)
	case errors.As(err, &cancelled):
		return translateReasons(cancelled)
	}
	return err
}

// translateReasons looks at why each write of a transaction was refused.
func translateReasons(cancelled *types.TransactionCanceledException) error {
	for _, reason := range cancelled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "TransactionConflict":
			return fault.Wrap(fault.Conflict, cancelled).WithRetryAfter(time.Second)
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			return fault.Wrap(fault.Unavailable, cancelled).WithRetryAfter(time.Second)
		}
	}
	return cancelled
}

// isValidation says whether DynamoDB refused the request itself.
func isValidation(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException"
}

// Ping asks for an item that is not there: the cheapest sign of life.
func (t *Table) Ping(ctx context.Context) error {
	_, err := t.get(ctx, key{"PING", "PING"}, false, &struct{}{})
	return err
}
