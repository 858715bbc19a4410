package ws_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/requestlog"
)

// TestHandler_LogsRequests checks the line of a frame, with the status of its problem.
func TestHandler_LogsRequests(t *testing.T) {
	fx := newFixture(t)
	fx.handler.Requests = &requestlog.Logger{Log: slog.New(slog.NewTextHandler(fx.log, nil)), Percent: 100, Now: func() time.Time { return fx.now }}
	for body, status := range map[string]string{`{"action":"ping"}`: "200", `{"action":"ping","x":1}`: "422"} {
		fx.log.Reset()
		event := events.APIGatewayWebsocketProxyRequest{Body: body}
		event.RequestContext.ConnectionID, event.RequestContext.RouteKey, event.RequestContext.RequestID = "ali1", "ping", "r1"
		if _, err := fx.handler.Handle(fx.handler.Ping)(context.Background(), event); err != nil {
			t.Fatal(err)
		}
		if got, want := fx.log.String(), "msg=request requestId=r1 route=ping status="+status+" ms=0 user="+aliID; !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
