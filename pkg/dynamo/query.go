package dynamo

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

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
