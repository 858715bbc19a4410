// Package dynamo implements the store interfaces of the domain packages on one
// DynamoDB table. Keys are built in keys.go only, and each entity has one file.
// Methods return DynamoDB errors as codes of pkg/apperr.
package dynamo

import (
	"context"
	"errors"
	"iter"
	"slices"
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
	"ticketsystem/pkg/retry"
)

// Store reads and writes the table. It is safe for concurrent use.
type Store struct {
	db   *dynamodb.Client
	name *string
	now  func() time.Time

	generation atomic.Int64 // newest known statistics generation, which counts new tickets
}

// New returns a Store for the table called name. now is the clock that decides
// whether an item has expired.
func New(cfg aws.Config, name string, now func() time.Time) *Store {
	return &Store{db: dynamodb.NewFromConfig(cfg), name: aws.String(name), now: now}
}

// item is an item in DynamoDB's attribute values.
type item = map[string]types.AttributeValue

// values holds expression values by name, without the colon.
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

// attributeNames returns the ExpressionAttributeNames for each #name in
// expression. Expressions use #name where the name is a DynamoDB reserved word.
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

// encode marshals a value of one of this package's types. It panics on failure,
// because only a programming error makes one of these types unmarshalable.
func encode(v any) types.AttributeValue {
	if av, encoded := v.(types.AttributeValue); encoded {
		return av
	}
	av, err := attributevalue.Marshal(v)
	if err != nil {
		panic("dynamo: " + err.Error())
	}
	return av
}

func encodeItem(v any) item {
	out, err := attributevalue.MarshalMap(v)
	if err != nil {
		panic("dynamo: " + err.Error())
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

// decodeAs unmarshals an item into a new T.
func decodeAs[T any](from item) (T, error) {
	var v T
	err := decode(from, &v)
	return v, err
}

// queryInput returns a query of the table with a key condition and its values.
func queryInput(condition string, vals values, options ...queryOption) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{KeyConditionExpression: &condition, ExpressionAttributeValues: vals.marshal()}
	for _, option := range options {
		option(in)
	}
	return in
}

type queryOption func(*dynamodb.QueryInput)

func consistent(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) }

func descending(in *dynamodb.QueryInput) { in.ScanIndexForward = aws.Bool(false) }

func pageOf(n int) queryOption {
	return func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(int32(n)) }
}

func onIndex(name string) queryOption {
	return func(in *dynamodb.QueryInput) { in.IndexName = &name }
}

// query yields all items that in selects, page by page. It stops at the first
// error and reads no further page after the loop breaks.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for {
			out, err := s.queryPage(ctx, in)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, i := range out.Items {
				if !yield(i, nil) {
					return
				}
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
				return
			}
		}
	}
}

// queryPage reads one page: at most in.Limit items and 1 MB.
func (s *Store) queryPage(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	in.TableName = s.name
	out, err := s.db.Query(ctx, in)
	return out, translate(err)
}

// queryAs reads and decodes all items that in selects.
func queryAs[T any](ctx context.Context, s *Store, in *dynamodb.QueryInput) ([]T, error) {
	var all []T
	for i, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		v, err := decodeAs[T](i)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// decodeAll decodes the items of one page.
func decodeAll[T any](items []item) ([]T, error) {
	all := make([]T, len(items))
	for n, i := range items {
		if err := decode(i, &all[n]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// startKey converts a list cursor into an ExclusiveStartKey: nil for the first page.
func startKey(cursor map[string]string) item {
	if cursor == nil {
		return nil
	}
	start := make(item, len(cursor))
	for name, value := range cursor {
		start[name] = &types.AttributeValueMemberS{Value: value}
	}
	return start
}

// cursorOf converts a LastEvaluatedKey into a list cursor: nil after the last page.
func cursorOf(last item) map[string]string {
	if last == nil {
		return nil
	}
	cursor := make(map[string]string, len(last))
	for name, value := range last {
		if v, ok := value.(*types.AttributeValueMemberS); ok {
			cursor[name] = v.Value
		}
	}
	return cursor
}

// get reads one item into a value. found is false if the item does not exist.
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

const (
	maxBatchGet     = 100 // keys per BatchGetItem (DynamoDB limit)
	maxBatchWrite   = 25  // writes per BatchWriteItem (DynamoDB limit)
	maxBatchRetries = 8   // repeats of a batch with unprocessed keys
)

// batchGet reads items by key, in no order, and omits those that do not exist.
// It returns apperr.Unavailable if DynamoDB keeps leaving keys unprocessed.
func (s *Store) batchGet(ctx context.Context, keys []key, strong bool) ([]item, error) {
	var found []item
	for chunk := range slices.Chunk(keys, maxBatchGet) {
		request := types.KeysAndAttributes{ConsistentRead: aws.Bool(strong)}
		for _, k := range chunk {
			request.Keys = append(request.Keys, k.marshal())
		}
		err := retryBatch(ctx, map[string]types.KeysAndAttributes{*s.name: request},
			func(pending map[string]types.KeysAndAttributes) (map[string]types.KeysAndAttributes, error) {
				out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: pending})
				if err != nil {
					return nil, err
				}
				found = append(found, out.Responses[*s.name]...)
				return out.UnprocessedKeys, nil
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// batchWrite puts and deletes items, in no order and without conditions. It
// returns apperr.Unavailable if DynamoDB keeps leaving writes unprocessed. Some
// writes may have been made when it fails; it is safe to repeat.
func (s *Store) batchWrite(ctx context.Context, writes []types.WriteRequest) error {
	for chunk := range slices.Chunk(writes, maxBatchWrite) {
		err := retryBatch(ctx, map[string][]types.WriteRequest{*s.name: chunk},
			func(pending map[string][]types.WriteRequest) (map[string][]types.WriteRequest, error) {
				out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: pending})
				if err != nil {
					return nil, err
				}
				return out.UnprocessedItems, nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// batchDelete deletes items by key, as batchWrite does.
func (s *Store) batchDelete(ctx context.Context, keys []key) error {
	writes := make([]types.WriteRequest, len(keys))
	for i, k := range keys {
		writes[i] = deleteRequest(k)
	}
	return s.batchWrite(ctx, writes)
}

func putRequest(v any) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: encodeItem(v)}}
}

func deleteRequest(k key) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.marshal()}}
}

// retryBatch calls send with what is still pending, with a back-off, until send
// leaves nothing unprocessed.
func retryBatch[M ~map[string]V, V any](ctx context.Context, pending M, send func(M) (M, error)) error {
	for attempt := 0; ; attempt++ {
		rest, err := send(pending)
		if err != nil {
			return translate(err)
		}
		if len(rest) == 0 {
			return nil
		}
		if attempt == maxBatchRetries {
			return apperr.New(apperr.Unavailable, "").WithRetryAfter(time.Second)
		}
		pending = rest
		if err := retry.BackOff(ctx, conflictPolicy(), attempt); err != nil {
			return err
		}
	}
}

// put writes an item if condition holds. If it fails, put returns the existing
// item, which is empty if there is none. existing is nil after a write.
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
	set       string // update expression
	condition string // "" for none
	values    values
}

// update changes an item and returns its new attributes. If the condition fails,
// applied is false and the existing item is returned (nil if there is none).
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

// remove deletes an item and returns its old attributes. They are nil if the item
// did not exist or the condition failed.
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

// conflictItem returns the existing item of a failed condition instead of its error.
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

// translate maps DynamoDB errors to apperr codes. Other errors are returned
// unchanged and become HTTP status 500 in the API layer.
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

// translateReasons maps the cancellation reasons of a transaction to a code.
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

// isValidation reports whether DynamoDB rejected the request as malformed.
func isValidation(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException"
}

// Ping reads a missing item, the cheapest request, to check that the table answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.get(ctx, key{"PING", "PING"}, false, &struct{}{})
	return err
}
