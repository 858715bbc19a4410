// Package stream runs what follows from a write: the projections and the
// durable push. Its handlers take batches of the table's stream, which may
// come twice, in part and out of order; every effect bears that.
package stream

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/table"
)

// Handler is a Lambda handler of stream batches that reports partial failures.
type Handler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// each runs do for every record and reports the ones that failed. Lambda goes
// on from the first of them; those behind it may come again.
func each(log *slog.Logger, do func(ctx context.Context, c table.Change) error) Handler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		var out events.DynamoDBEventResponse
		for _, record := range batch.Records {
			change, err := table.ReadChange(record)
			if err == nil {
				err = do(ctx, change)
			}
			if err != nil {
				log.ErrorContext(ctx, "record failed", slog.String("event", record.EventID), slog.Any("error", err))
				out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{
					ItemIdentifier: record.Change.SequenceNumber,
				})
				return out, nil // the order of a partition is kept: what is behind waits
			}
		}
		return out, nil
	}
}
