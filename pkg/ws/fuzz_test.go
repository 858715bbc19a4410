package ws_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// FuzzFrame checks that no frame causes a server error or reaches another user.
func FuzzFrame(f *testing.F) {
	topic := `"topic":"ticket:` + oneID + `"`
	for _, body := range []string{
		`{"action":"subscribe",` + topic + `,"after":0}`, `{"action":"subscribe","topic":"queue"}`, `{"action":"unsubscribe",` + topic + `}`, `{"action":"ping"}`,
		`{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"B"}`, `{"action":"typing","ticketId":"` + oneID + `"}`,
		`{"action":"read","ticketId":"` + oneID + `","seq":2}`, `{"action":"read","seq":-1}`, `{"action":"dance"}`, "", "x", "null", `{"clientId":{}}`, `{"topic":"ticket:"}`,
	} {
		for which := range uint8(7) {
			f.Add(which, which, body, false)
		}
	}
	f.Fuzz(func(t *testing.T, which, from uint8, body string, encoded bool) {
		fx := newFixture(t)
		actions := fx.actions()
		names := []string{"", "message", "ping", "read", "subscribe", "typing", "unsubscribe"}
		sender := []string{"sara1", "ali1", "reza1", "unknown"}[from%4]
		var event events.APIGatewayWebsocketProxyRequest
		event.Body, event.IsBase64Encoded, event.RequestContext.ConnectionID, event.RequestContext.RequestID = body, encoded, sender, "r"
		out, err := fx.handler.Handle(actions[names[int(which)%len(names)]])(t.Context(), event)
		if err != nil || out.StatusCode != http.StatusOK {
			t.Fatalf("got %d, %v: want 200 to keep the connection open", out.StatusCode, err)
		}
		for _, frame := range fx.frames {
			if problem, _ := frame.body["problem"].(map[string]any); frame.body["type"] == "error" {
				if status, _ := problem["status"].(float64); status < 400 || status >= 500 || problem["code"] == "" {
					t.Errorf("%q: got %v", body, frame.body)
				}
			}
			if frame.to == "reza1" && sender != "reza1" {
				t.Errorf("%q: pushed to another user: %v", body, frame.body)
			}
		}
	})
}
