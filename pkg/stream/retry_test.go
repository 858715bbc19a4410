package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
)

// TestBatchHandler_Refused checks how long a record waits whose requests are refused, as by a table
// with too little capacity, and that other handlers and other errors are not repeated.
func TestBatchHandler_Refused(t *testing.T) {
	const timeout = 60 * time.Second // of both stream functions
	refused := apperr.New(apperr.Unavailable, "")
	for name, c := range map[string]struct {
		err               error
		lasts             time.Duration
		minTime, maxTime  time.Duration
		minCalls, maxCall int
		fails             bool
	}{
		"accepted":                     {nil, 0, 0, 0, 1, 1, false},
		"refused for 20 s":             {refused, 20 * time.Second, 20 * time.Second, 26 * time.Second, 5, 60, false},
		"refused longer than possible": {refused, time.Hour, 30 * time.Second, 41 * time.Second, 8, 100, true},
		"another error":                {errors.New("invalid"), time.Hour, 0, 0, 1, 1, true},
		"a conflict":                   {apperr.New(apperr.Conflict, ""), time.Hour, 0, 0, 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				start, calls, others := time.Now(), 0, 0
				decode := func(events.DynamoDBEventRecord) (event.Event, error) { return event.SocketClosed{}, nil }
				handle := stream.NewBatchHandler(slog.New(slog.DiscardHandler), nil, decode,
					func(context.Context, event.Event, ...event.Event) error {
						if calls++; time.Since(start) < c.lasts {
							return c.err
						}
						return nil
					},
					func(context.Context, event.Event, ...event.Event) error {
						others++
						return nil
					})
				out, err := handle(ctx, events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{{Change: events.DynamoDBStreamRecord{SequenceNumber: "1"}}}})
				if took := time.Since(start); err != nil || took < c.minTime || took > c.maxTime || calls < c.minCalls || calls > c.maxCall || others != 1 {
					t.Errorf("got %v after %s, %d calls, %d of the other handler", err, took, calls, others)
				}
				if got := len(out.BatchItemFailures) > 0; got != c.fails {
					t.Errorf("got failures %v, want %v", out.BatchItemFailures, c.fails)
				}
			})
		})
	}
}
