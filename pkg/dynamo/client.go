// Package dynamo implements the store interfaces of the domain packages on one
// DynamoDB table. Keys are built in keys*.go only, and each entity has one file.
// Methods return DynamoDB errors as codes of pkg/apperr.
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
	"ticketsystem/pkg/limit"
)

// Store reads and writes the table. It is safe for concurrent use.
type Store struct {
	db   *dynamodb.Client
	name *string
	now  func() time.Time

	Shards Shards // set before the first use

	generation        atomic.Int64               // newest known statistics generation, which counts new tickets
	countsPublishOpen atomic.Int64               // Unix milliseconds until which a known round is not claimed
	countsPublished   atomic.Int64               // Unix milliseconds of the last known publication of the counts
	counted           limit.WindowCounts[string] // users with entries of one minute that this instance has counted
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
// because only a programming error makes a value of these types impossible to marshal.
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

// decode converts an item, the kinds of which a request reads many without reflection.
func decode(from item, into any) error {
	var d decoder
	switch v := into.(type) {
	case *key:
		*v = d.key(from)
	case *ticketItem:
		*v = d.ticketItem(from)
	case *entryItem:
		*v = d.entryItem(from)
	case *readMarkerItem:
		*v = d.readMarkerItem(from)
	default:
		return attributevalue.UnmarshalMap(from, into)
	}
	return d.err
}

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
	blind     bool // nothing is returned
}

// update changes an item and returns its new attributes. If the condition fails,
// applied is false and the existing item is returned (nil if there is none).
func (s *Store) update(ctx context.Context, c updateSpec) (after item, applied bool, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName: s.name, Key: c.key.marshal(), UpdateExpression: &c.set,
		ExpressionAttributeValues: c.values.marshal(), ExpressionAttributeNames: attributeNames(c.set + " " + c.condition),
	}
	if !c.blind {
		in.ReturnValues = types.ReturnValueAllNew
	}
	if c.condition != "" {
		in.ConditionExpression = &c.condition
		if !c.blind {
			in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
		}
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
