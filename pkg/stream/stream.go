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

	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/table"
)

// Handler is a Lambda handler of stream batches that reports partial failures.
type Handler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// Effect is one thing that follows from a change. It may be run again for a
// change it has seen, and at the same time as the others.
type Effect func(ctx context.Context, c table.Change) error

// partitionsAtOnce is how many partitions of a batch are worked on side by side.
const partitionsAtOnce = 8

// Handle makes the handler that runs all effects for every record. The records
// of a partition run in their order, partitions side by side. What failed is
// reported; Lambda goes on from the first of it, and what stands behind may
// come again.
func Handle(log *slog.Logger, effects ...Effect) Handler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		ctx = realtime.Once(ctx)
		var (
			out    events.DynamoDBEventResponse
			mu     sync.Mutex
			wait   sync.WaitGroup
			places = make(chan struct{}, partitionsAtOnce)
		)
		for _, records := range byPartition(batch.Records) {
			places <- struct{}{}
			wait.Go(func() {
				defer func() { <-places }()
				if failed := inOrder(ctx, log, records, effects); failed != "" {
					mu.Lock()
					out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: failed})
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		return out, nil
	}
}

// byPartition sorts a batch into its partitions, each in its order.
func byPartition(records []events.DynamoDBEventRecord) [][]events.DynamoDBEventRecord {
	var parts [][]events.DynamoDBEventRecord
	place := map[string]int{}
	for _, record := range records {
		pk := partition(record)
		at, known := place[pk]
		if !known {
			at = len(parts)
			place[pk] = at
			parts = append(parts, nil)
		}
		parts[at] = append(parts[at], record)
	}
	return parts
}

func partition(record events.DynamoDBEventRecord) string {
	if pk, ok := record.Change.Keys["PK"]; ok && pk.DataType() == events.DataTypeString {
		return pk.String()
	}
	return ""
}

// inOrder runs the effects for the records of a partition and returns the
// sequence number of the first that failed: what is behind it waits.
func inOrder(ctx context.Context, log *slog.Logger, records []events.DynamoDBEventRecord, effects []Effect) (failed string) {
	var before []table.Change
	for _, record := range records {
		change, err := table.ReadChange(record)
		if err == nil {
			change.Before = before
			err = follow(ctx, change, effects)
		}
		if err != nil {
			log.ErrorContext(ctx, "record failed", slog.String("event", record.EventID), slog.Any("error", err))
			return record.Change.SequenceNumber
		}
		before = append(before, change)
	}
	return ""
}

// follow runs all effects of one change side by side: they do not wait for, or
// fail with, each other.
func follow(ctx context.Context, change table.Change, effects []Effect) error {
	errs := make([]error, len(effects))
	var wait sync.WaitGroup
	for i, effect := range effects {
		wait.Go(func() { errs[i] = effect(ctx, change) })
	}
	wait.Wait()
	return errors.Join(errs...)
}
