// Package stream handles batches of the table's DynamoDB stream: it updates the
// projections and starts publications, deliveries and clean-up. Records may be repeated
// or reordered, so every handler is idempotent.
package stream

import (
	"context"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/requestlog"
)

// BatchHandler is a Lambda handler of stream batches that reports partial failures.
type BatchHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// Decoder decodes a stream record. It returns nil for a record that no handler
// acts on.
type Decoder func(events.DynamoDBEventRecord) (event.Event, error)

// Handler acts on an event, and ignores the types that it does not know. It may
// be called again for the same event, and runs concurrently with other handlers.
// earlier holds the preceding events of the same partition in the same batch; all
// handlers have completed for them.
type Handler func(ctx context.Context, e event.Event, earlier ...event.Event) error

// on returns a Handler that calls handle for events of type E.
func on[E event.Event](handle func(context.Context, E) error) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		if e, ok := e.(E); ok {
			return handle(ctx, e)
		}
		return nil
	}
}

// InOrder returns a Handler that calls handlers one after the other, up to the first error.
func InOrder(handlers ...Handler) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		for _, handle := range handlers {
			if err := handle(ctx, e, earlier...); err != nil {
				return err
			}
		}
		return nil
	}
}

// maxPartitions limits how many partitions of a batch are handled concurrently.
const maxPartitions = 8

// NewBatchHandler returns a handler that runs all handlers for each record. It
// handles the records of a partition in order, and partitions concurrently. It
// reports the first failed record of each partition; Lambda retries the batch
// from the first of these, so later records may be handled twice. requests, which may be nil,
// logs the records of a sampled request.
func NewBatchHandler(log *slog.Logger, requests *requestlog.Logger, decode Decoder, handlers ...Handler) BatchHandler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		ctx = realtime.WithSubscriberCache(ctx)
		var (
			out events.DynamoDBEventResponse
			mu  sync.Mutex
		)
		err := parallel.ForEach(groupByPartition(batch.Records), maxPartitions, func(records []events.DynamoDBEventRecord) error {
			if failed := handlePartition(ctx, log, requests, decode, records, handlers); failed != "" {
				mu.Lock()
				defer mu.Unlock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: failed})
			}
			return nil
		})
		return out, err
	}
}

// groupByPartition groups records by partition key and keeps their order.
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

// handlePartition handles the records of one partition in order. It stops at the
// first record that fails and returns its sequence number.
func handlePartition(ctx context.Context, log *slog.Logger, requests *requestlog.Logger, decode Decoder, records []events.DynamoDBEventRecord, handlers []Handler) (failed string) {
	var earlier []event.Event
	for len(records) > 0 {
		record := records[0]
		e, n, err := decodeFirst(decode, records)
		id, about := causeOf(e)
		ctx := requestlog.WithID(ctx, id)
		if err == nil && e != nil {
			err = runHandlers(ctx, e, earlier, handlers)
		}
		if err != nil {
			log.ErrorContext(ctx, "stream record failed", slog.String("event", record.EventID), slog.Any("error", err))
			return record.Change.SequenceNumber
		}
		if e != nil {
			earlier = append(earlier, e)
			requests.Step(ctx, "stream record handled", about...)
		}
		records = records[n:]
	}
	return ""
}

// decodeFirst returns the event of the first n records. Moves of one read marker that follow each
// other are one event: a client may move a marker much faster than each move could be handled.
func decodeFirst(decode Decoder, records []events.DynamoDBEventRecord) (e event.Event, n int, err error) {
	if e, err = decode(records[0]); err != nil {
		return nil, 1, err
	}
	moved, isMove := e.(event.ReadMarkerMoved)
	for n = 1; isMove && n < len(records); n++ {
		later, follows := moveOf(decode, records[n], moved.Marker.Reader.ID)
		if !follows {
			break
		}
		later.Before = moved.Before
		e = later
	}
	return e, n, nil
}

// moveOf returns the move that a record is of, and reports whether it is one of the reader.
func moveOf(decode Decoder, record events.DynamoDBEventRecord, readerID string) (moved event.ReadMarkerMoved, ok bool) {
	e, err := decode(record)
	moved, ok = e.(event.ReadMarkerMoved)
	return moved, ok && err == nil && moved.Marker.Reader.ID == readerID
}

// causeOf returns the id of the request that caused an event, and what the event is about. The
// id is "" for an event that stores none.
func causeOf(e event.Event) (requestID string, about []slog.Attr) {
	switch e := e.(type) {
	case event.EntryAppended:
		return e.Entry.RequestID, []slog.Attr{slog.String("ticket", e.Entry.TicketID), slog.Int("seq", e.Entry.Seq)}
	case event.NotificationCreated:
		return e.Notification.RequestID, []slog.Attr{slog.String("ticket", e.Notification.TicketID), slog.String("notification", e.Notification.ID)}
	}
	return "", nil
}

// runHandlers runs all handlers concurrently, repeats those whose requests are refused, and joins
// their errors. A failed handler does not stop the others.
func runHandlers(ctx context.Context, e event.Event, earlier []event.Event, handlers []Handler) error {
	return parallel.ForEach(handlers, len(handlers), func(handle Handler) error {
		return repeatRefused(ctx, func() error { return handle(ctx, e, earlier...) })
	})
}
