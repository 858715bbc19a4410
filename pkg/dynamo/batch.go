package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/retry"
)

const (
	maxBatchGet     = 100 // keys per BatchGetItem (DynamoDB limit)
	maxBatchWrite   = 25  // writes per BatchWriteItem (DynamoDB limit)
	maxBatchRetries = 8   // repeats of a batch with unprocessed keys
)

// batchGet reads items by key, in no order, and omits those that do not exist. Equal keys,
// which DynamoDB refuses in one batch, are read once.
// It returns apperr.Unavailable if DynamoDB keeps leaving keys unprocessed.
func (s *Store) batchGet(ctx context.Context, keys []key, strong bool) ([]item, error) {
	var found []item
	for chunk := range slices.Chunk(unique(keys), maxBatchGet) {
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

// unique returns values without repetitions, in their order.
func unique[T comparable](values []T) []T {
	seen := make(map[T]bool, len(values))
	return slices.DeleteFunc(slices.Clone(values), func(v T) bool {
		repeated := seen[v]
		seen[v] = true
		return repeated
	})
}

// getAll reads items as batchGet does, and decodes them.
func getAll[T any](ctx context.Context, s *Store, keys []key, strong bool) ([]T, error) {
	found, err := s.batchGet(ctx, keys, strong)
	if err != nil {
		return nil, err
	}
	return decodeAll[T](found)
}

// keysOf returns the keys of ids.
func keysOf(ids []string, keyOf func(id string) key) []key {
	keys := make([]key, len(ids))
	for n, id := range ids {
		keys[n] = keyOf(id)
	}
	return keys
}

// inOrder returns values in the order of their ids, and omits ids without a value.
func inOrder[T any](ids []string, byID map[string]T) []T {
	values := make([]T, 0, len(ids))
	for _, id := range ids {
		if v, ok := byID[id]; ok {
			values = append(values, v)
		}
	}
	return values
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

// batchDelete deletes items by key, as batchWrite does. Equal keys are deleted once.
func (s *Store) batchDelete(ctx context.Context, keys []key) error {
	var writes []types.WriteRequest
	for _, k := range unique(keys) {
		writes = append(writes, deleteRequest(k))
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
