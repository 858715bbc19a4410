package stream

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// EntryCounter counts the entries and read markers of users and blocks those who write too many.
type EntryCounter interface {
	// Count adds n entries that a user wrote in a minute.
	Count(ctx context.Context, userID string, role user.Role, minute time.Time, n int) error
	// CountReads adds n moves of read markers of a user.
	CountReads(ctx context.Context, userID string, role user.Role, n int) error
}

// author is whose entries of which minute, or moves of read markers, are counted together.
type author struct {
	id     string
	role   user.Role
	minute time.Time // zero for moves of read markers
}

// CountEntries returns a BatchHandler that calls next and then counts the entries of the
// batch, with one call for each user and minute, and as metrics. It counts only records that
// Lambda does not repeat, so that a retried batch does not count twice. A failure is only logged.
func CountEntries(next BatchHandler, decode Decoder, counter EntryCounter, metrics *metric.Recorder, log *slog.Logger) BatchHandler {
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		out, err := next(ctx, batch)
		if err != nil {
			return out, err
		}
		counts := map[author]int{}
		var authors []author
		for _, record := range handled(batch.Records, out.BatchItemFailures) {
			e, err := decode(record)
			if err == nil {
				recordEntry(metrics, e)
			}
			if a, counted := countedAuthor(e); err == nil && counted {
				if counts[a]++; counts[a] == 1 {
					authors = append(authors, a)
				}
			}
		}
		metrics.Flush()
		err = parallel.ForEach(authors, maxPartitions, func(a author) error {
			if a.minute.IsZero() {
				return counter.CountReads(ctx, a.id, a.role, counts[a])
			}
			return counter.Count(ctx, a.id, a.role, a.minute, counts[a])
		})
		if err != nil {
			log.ErrorContext(ctx, "entries not counted", slog.Any("error", err))
		}
		return out, nil
	}
}

func recordEntry(metrics *metric.Recorder, e event.Event) {
	appended, _ := e.(event.EntryAppended)
	switch appended.Entry.Kind {
	case ticket.KindOpened:
		metrics.Add(metric.TicketsCreated, 1)
	case ticket.KindMessage:
		metrics.Add(metric.Messages, 1)
	default:
	}
}

// countedAuthor returns the author of an entry, or of a change that had nothing to do, if it
// counts, or of a read marker that was moved. Entries that open a ticket have a limit of their own,
// those of the system none.
func countedAuthor(e event.Event) (a author, counted bool) {
	switch e := e.(type) {
	case event.EntryAppended:
		a = author{e.Entry.Author.ID, e.Entry.Author.Role, e.Entry.CreatedAt.Truncate(time.Minute)}
		counted = e.Entry.Kind != ticket.KindOpened
	case event.ChangeUnchanged:
		a, counted = author{e.Change.UserID, e.Change.Role, e.Change.At.Truncate(time.Minute)}, true
	case event.ReadMarkerMoved: // the stream itself moves one back that is beyond the end of the log
		a, counted = author{id: e.Marker.Reader.ID, role: e.Marker.Reader.Role}, e.Marker.Seq > e.Before
	}
	return a, counted && a.id != "" && a.role != user.RoleSystem
}

// handled returns the records before the first failed one. Lambda repeats the others.
func handled(records []events.DynamoDBEventRecord, failures []events.DynamoDBBatchItemFailure) []events.DynamoDBEventRecord {
	for i, record := range records {
		if slices.ContainsFunc(failures, func(f events.DynamoDBBatchItemFailure) bool { return f.ItemIdentifier == record.Change.SequenceNumber }) {
			return records[:i]
		}
	}
	return records
}
