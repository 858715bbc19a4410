package api_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/user"
)

// TestServer_LogsRequests checks the line of a request: its route and not its path, the
// caller, the status of a problem, and nothing that the caller sent.
func TestServer_LogsRequests(t *testing.T) {
	fx := newFixture(t)
	fx.server.Requests = &requestlog.Logger{Log: slog.New(slog.NewTextHandler(fx.log, nil)), Percent: 100, Now: func() time.Time { return fx.now }}
	for _, c := range []struct {
		actor user.Principal
		want  string
	}{
		{sara, `msg=request requestId=request-1 route="GET /tickets/{id}" status=404 ms=0 user=` + saraID + " cold=true"},
		{user.Principal{}, `msg=request requestId=request-1 route="GET /tickets/{id}" status=401 ms=0 user="" cold=false`},
	} {
		fx.log.Reset()
		fx.send(t, api.GetTicket(fx.tickets), c.actor, newRequest("GET", "/tickets/"+otherID, "").with("x-anything", "secret"))
		if got := fx.log.String(); !strings.Contains(got, c.want) || strings.Contains(got, "secret") || strings.Contains(got, otherID) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
