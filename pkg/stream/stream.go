// Package stream runs what follows from a write: the projections and the
// durable push. Its handlers take batches of the table's stream, which may
// come twice, in part and out of order; every effect bears that.
package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/realtime"
)

// BatchHandler is a Lambda handler of stream batches that reports partial failures.
type BatchHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// Handler is one thing that follows from a change. It may be run again for a
// change it has seen, and at the same time as the others.
type Handler func(ctx context.Context, change dynamo.Change) error

// maxPartitions is how many partitions of a batch are worked on side by side.
const maxPartitions = 8

// NewBatchHandler makes the handler that runs all effects for every record. The records
// of a partition run in their order, partitions side by side. What failed is
// reported; Lambda goes on from the first of it, and what stands behind may
// come again.
func NewBatchHandler(log *slog.Logger, handlers ...Handler) BatchHandler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		ctx = realtime.WithSubscriberCache(ctx)
		var (
			out       events.DynamoDBEventResponse
			mu        sync.Mutex
			wg        sync.WaitGroup
			semaphore = make(chan struct{}, maxPartitions)
		)
		for _, records := range groupByPartition(batch.Records) {
			semaphore <- struct{}{}
			wg.Go(func() {
				defer func() { <-semaphore }()
				if failed := handlePartition(ctx, log, records, handlers); failed != "" {
					mu.Lock()
					out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: failed})
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return out, nil
	}
}

// groupByPartition sorts a batch into its partitions, each in its order.
func groupByPartition(records []events.DynamoDBEventRecord) [][]events.DynamoDBEventRecord {
	var groups [][]events.DynamoDBEventRecord
	index := map[string]int{}
	for _, record := range records {
		pk := partitionKey(record)
		i, known := index[pk]
		if !known {
			i = len(groups)
			index[pk] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], record)
	}
	return groups
}

func partitionKey(record events.DynamoDBEventRecord) string {
	if pk, ok := record.Change.Keys["PK"]; ok && pk.DataType() == events.DataTypeString {
		return pk.String()
	}
	return ""
}

// handlePartition runs the effects for the records of a partition and returns the
// sequence number of the first that failed: what is behind it waits.
func handlePartition(ctx context.Context, log *slog.Logger, records []events.DynamoDBEventRecord, handlers []Handler) (failed string) {
	var earlier []dynamo.Change
	for _, record := range records {
		change, err := dynamo.DecodeRecord(record)
		if err == nil {
			change.Earlier = earlier
			err = runHandlers(ctx, change, handlers)
		}
		if err != nil {
			log.ErrorContext(ctx, "record failed", slog.String("event", record.EventID), slog.Any("error", err))
			return record.Change.SequenceNumber
		}
		earlier = append(earlier, change)
	}
	return ""
}

// runHandlers runs all effects of one change side by side: they do not wait for, or
// fail with, each other.
func runHandlers(ctx context.Context, change dynamo.Change, handlers []Handler) error {
	errs := make([]error, len(handlers))
	var wg sync.WaitGroup
	for i, handle := range handlers {
		wg.Go(func() { errs[i] = handle(ctx, change) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
