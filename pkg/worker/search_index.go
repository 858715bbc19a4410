package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/stream"
)

// UpdateSearchIndex returns a handler that makes the changes of the index queue. It
// handles the messages of one group, a ticket or a user, in order, and groups
// concurrently. After a failure it reports the rest of the group as well, because
// later changes must not overtake it.
func UpdateSearchIndex(index stream.SearchIndex, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		out := emptyBatchResponse()
		var mu sync.Mutex
		groups := groupMessages(batch.Records)
		err := parallel.ForEach(groups, len(groups), func(messages []events.SQSMessage) error {
			failed, err := runIndexJobs(ctx, index, messages)
			if err != nil {
				log.ErrorContext(ctx, "search index not updated", slog.String("message", failed[0].MessageId), slog.Any("error", err))
			}
			mu.Lock()
			defer mu.Unlock()
			for _, message := range failed {
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
			return nil
		})
		return out, err
	}
}

// runIndexJobs runs the messages of one group in order, and equal ones that follow each other, such
// as those of many edits of a title, once. After an error it returns the failed message and those
// after it.
func runIndexJobs(ctx context.Context, index stream.SearchIndex, messages []events.SQSMessage) ([]events.SQSMessage, error) {
	for i, message := range messages {
		if i+1 < len(messages) && messages[i+1].Body == message.Body {
			continue
		}
		if err := runIndexJob(ctx, index, message.Body); err != nil {
			return messages[i:], err
		}
	}
	return nil, nil
}

// groupMessages groups messages by their group and keeps their order.
func groupMessages(messages []events.SQSMessage) [][]events.SQSMessage {
	var groups [][]events.SQSMessage
	position := map[string]int{}
	for _, m := range messages {
		name := m.Attributes["MessageGroupId"]
		i, known := position[name]
		if !known {
			i = len(groups)
			position[name], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	return groups
}

func runIndexJob(ctx context.Context, index stream.SearchIndex, body string) error {
	var job search.IndexJob
	if err := json.Unmarshal([]byte(body), &job); err != nil {
		return fmt.Errorf("invalid index job: %w", err)
	}
	switch {
	case job.UserID != "":
		return index.RefreshUser(ctx, job.UserID)
	case job.Entry != nil && job.Refresh:
		return index.IndexOpening(ctx, job.TicketID, job.Entry.Cause, job.Entry.Terms)
	case job.Entry != nil:
		return index.IndexTicket(ctx, job.TicketID, job.Entry.Cause, job.Entry.Terms, job.Entry.StaffOnly)
	}
	return index.RefreshTicket(ctx, job.TicketID)
}
