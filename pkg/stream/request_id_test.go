package stream_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

// TestBatchHandler_RequestID checks that the lines of an entry and of a notification have the id
// of the request that caused them, and that others have none.
func TestBatchHandler_RequestID(t *testing.T) {
	for name, c := range map[string]struct {
		event event.Event
		fails error
		want  string
	}{
		"an entry":       {event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Seq: 3, RequestID: "r1"}}, nil, `"msg":"stream record handled","ticket":"t","seq":3,"requestId":"r1"`},
		"a failed entry": {event.EntryAppended{Entry: ticket.Entry{TicketID: "t", RequestID: "r1"}}, errors.New("down"), `"error":"down","requestId":"r1"`},
		"a notification": {event.NotificationCreated{Notification: notification.Notification{ID: "n", TicketID: "t", RequestID: "r1"}}, nil, `"ticket":"t","notification":"n","requestId":"r1"`},
		"another event":  {event.TicketChanged{}, nil, ""},
	} {
		var out bytes.Buffer
		log := slog.New(requestlog.Handler{Handler: slog.NewJSONHandler(&out, nil)})
		inHandler := ""
		handle := stream.NewBatchHandler(log, &requestlog.Logger{Log: log, Percent: 100},
			func(events.DynamoDBEventRecord) (event.Event, error) { return c.event, nil },
			func(ctx context.Context, _ event.Event, _ ...event.Event) error {
				inHandler = requestlog.ID(ctx)
				return c.fails
			})
		_, err := handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{{}}})
		if err != nil || !strings.Contains(out.String(), c.want) || (c.want == "") != (out.Len() == 0) || (inHandler == "r1") != (c.want != "") {
			t.Errorf("%s: got %s, id %q in the handler, %v", name, out.String(), inHandler, err)
		}
	}
}
