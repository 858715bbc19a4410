// Package table keeps everything in one DynamoDB table. keys.go makes all the
// keys; there is a file for each entity; DynamoDB's errors end here and leave
// as faults of pkg/apperr.
package dynamo

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

	"ticketsystem/pkg/apperr"
)

// Store is the one table. It is safe for concurrent use.
type Store struct {
	db   *dynamodb.Client
	name *string
	now  func() time.Time

	generation atomic.Int64 // of the numbers, that new tickets come into, as far as known
}

// New opens the table of that name. now decides what has expired.
func New(cfg aws.Config, name string, now func() time.Time) *Store {
	return &Store{db: dynamodb.NewFromConfig(cfg), name: aws.String(name), now: now}
}

// item is an item on the wire.
type item = map[string]types.AttributeValue

// values are the values of an expression, by their names without the colon.
type values map[string]any

func (v values) marshal() item {
	if len(v) == 0 {
		return nil
	}
	out := make(item, len(v))
	for name, value := range v {
		out[":"+name] = encode(value)
	}
	return out
}

// attributeNames finds the attributes that an expression writes as #name, which it does
// where the name is one of DynamoDB's reserved words.
func attributeNames(expression string) map[string]string {
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

func (k key) marshal() item {
	return item{
		"PK": &types.AttributeValueMemberS{Value: k.PK},
		"SK": &types.AttributeValueMemberS{Value: k.SK},
	}
}

// get reads one item; found is false when there is none.
func (s *Store) get(ctx context.Context, k key, strong bool, into any) (found bool, err error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: s.name, Key: k.marshal(), ConsistentRead: aws.Bool(strong)})
	if err != nil {
		return false, translate(err)
	}
	if out.Item == nil {
		return false, nil
	}
	return true, decode(out.Item, into)
}

// maxBatchRetries bounds the repeats of a batch whose keys were not all processed.
const maxBatchRetries = 8

// batchGet reads items by key, in no order; missing ones are left out.
func (s *Store) batchGet(ctx context.Context, keys []key, strong bool) ([]item, error) {
	var found []item
	for len(keys) > 0 {
		n := min(len(keys), 100) // DynamoDB's limit of a batch
		request := types.KeysAndAttributes{ConsistentRead: aws.Bool(strong)}
		for _, k := range keys[:n] {
			request.Keys = append(request.Keys, k.marshal())
		}
		keys = keys[n:]
		pending := map[string]types.KeysAndAttributes{*s.name: request}
		for attempt := 0; len(pending) > 0; attempt++ {
			out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: pending})
			if err != nil {
				return nil, translate(err)
			}
			found = append(found, out.Responses[*s.name]...)
			if pending = out.UnprocessedKeys; len(pending) > 0 && attempt == maxBatchRetries {
				return nil, apperr.New(apperr.Unavailable, "").WithRetryAfter(time.Second)
			}
		}
	}
	return found, nil
}

// put writes an item under a condition. When the condition fails, held is the
// item that stands there.
func (s *Store) put(ctx context.Context, v any, condition string, vals values) (existing item, err error) {
	in := &dynamodb.PutItemInput{TableName: s.name, Item: encodeItem(v), ExpressionAttributeValues: vals.marshal()}
	if condition != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &condition, attributeNames(condition)
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	_, err = s.db.PutItem(ctx, in)
	return conflictItem(err)
}

// updateSpec is an update of one item.
type updateSpec struct {
	key       key
	set       string // the update expression
	condition string // "" for none
	values    values
}

// update changes an item and returns it as it is after. When the condition
// fails, applied is false and the item is as it stands (nil when there is none).
func (s *Store) update(ctx context.Context, c updateSpec) (after item, applied bool, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName: s.name, Key: c.key.marshal(), UpdateExpression: &c.set,
		ExpressionAttributeValues: c.values.marshal(), ExpressionAttributeNames: attributeNames(c.set + " " + c.condition),
		ReturnValues: types.ReturnValueAllNew,
	}
	if c.condition != "" {
		in.ConditionExpression = &c.condition
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	out, err := s.db.UpdateItem(ctx, in)
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
func (s *Store) remove(ctx context.Context, k key, condition string, vals values) (old item, err error) {
	in := &dynamodb.DeleteItemInput{TableName: s.name, Key: k.marshal(), ReturnValues: types.ReturnValueAllOld}
	if condition != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &condition, attributeNames(condition)
		in.ExpressionAttributeValues = vals.marshal()
	}
	out, err := s.db.DeleteItem(ctx, in)
	if err != nil {
		var failed *types.ConditionalCheckFailedException
		if errors.As(err, &failed) {
			return nil, nil
		}
		return nil, translate(err)
	}
	return out.Attributes, nil
}

// conflictItem turns the failure of a condition into the item that stands there.
func conflictItem(err error) (item, error) {
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
		conflict   *types.TransactionConflictException
		inProgress *types.TransactionInProgressException
		throttled  *types.ProvisionedThroughputExceededException
		limited    *types.RequestLimitExceeded
		canceled   *types.TransactionCanceledException
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &conflict), errors.As(err, &inProgress):
		return apperr.Wrap(apperr.Conflict, err).WithRetryAfter(time.Second)
	case errors.As(err, &throttled), errors.As(err, &limited):
		return apperr.Wrap(apperr.Unavailable, err).WithRetryAfter(time.Second)
	case errors.As(err, &canceled):
		return translateReasons(canceled)
	}
	return err
}

// translateReasons looks at why each write of a transaction was refused.
func translateReasons(canceled *types.TransactionCanceledException) error {
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "TransactionConflict":
			return apperr.Wrap(apperr.Conflict, canceled).WithRetryAfter(time.Second)
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			return apperr.Wrap(apperr.Unavailable, canceled).WithRetryAfter(time.Second)
		}
	}
	return canceled
}

// isValidation says whether DynamoDB refused the request itself.
func isValidation(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException"
}

// Ping asks for an item that is not there: the cheapest sign of life.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.get(ctx, key{"PING", "PING"}, false, &struct{}{})
	return err
}
