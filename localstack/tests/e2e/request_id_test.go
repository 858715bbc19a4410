package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/seed"
)

// TestRequestID follows a reply from the request, or the frame, to the stream, the notification
// and its delivery, by one requestId in the logs. It needs the local stack.
func TestRequestID(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	local, err := stack.Start(t.Context(), stack.Options{
		InMemory: true, Seed: seed.Seed, MinTimeout: time.Minute, Parameters: map[string]string{"RequestLogPercent": "100", "NotificationDelaySeconds": "1"},
	})
	must(t, local, err)
	t.Cleanup(local.Close)
	api := client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	api.Observe(suite.spec)
	customer, err := api.Login(t.Context(), "+989120000004", client.Password) // seeded
	me := testUser{t, must(t, customer, err)}
	agent, err := api.Login(t.Context(), supportPhone, client.Password)
	staff := testUser{t, must(t, agent, err)}
	tk := me.openTicket(nil)

	response := staff.mustCall(201, "POST", "/tickets/"+tk.ID+"/messages", object{"clientId": client.NewID(), "body": "over HTTP"}, nil)
	byHTTP := response.Header.Get("X-Request-Id")
	followRequest(t, api, byHTTP, "message-post", "stream-project", "stream-deliver", "notification-send")

	socket, err := staff.Connect(t.Context())
	must(t, socket, err)
	frame, err := socket.Request(t.Context(), object{"action": "message", "ticketId": tk.ID, "body": "over a socket", "clientId": client.NewID()}, "ack")
	must(t, frame, err)
	var byFrame string
	within(t, firstBuildTimeout, "the frame is logged", func() error {
		for _, line := range logLines(t, api, "socket-message") {
			if line["msg"] == "request" {
				byFrame = fmt.Sprint(line["requestId"])
				return nil
			}
		}
		return fmt.Errorf("no line of the frame")
	})
	if byFrame == "" || byFrame == byHTTP {
		t.Errorf("requestId of the frame: got %q", byFrame)
	}
	followRequest(t, api, byFrame, "socket-message", "stream-project", "stream-deliver", "notification-send")
}

// followRequest waits until each function has logged a line of a request.
func followRequest(t *testing.T, api *client.API, id string, functions ...string) {
	t.Helper()
	for _, function := range functions {
		within(t, firstBuildTimeout, function+" has logged the request "+id, func() error {
			for _, line := range logLines(t, api, function) {
				if line["requestId"] == id {
					return nil
				}
			}
			return fmt.Errorf("no line")
		})
	}
}

// logLines returns the lines in JSON of a function's log.
func logLines(t *testing.T, api *client.API, function string) (lines []map[string]any) {
	t.Helper()
	response, err := api.Do(t.Context(), http.MethodGet, "/_local/logs?function="+function, nil)
	must(t, response, err)
	scanner := bufio.NewScanner(strings.NewReader(string(response.Body)))
	for scanner.Scan() {
		_, text, _ := strings.Cut(scanner.Text(), "{")
		var line map[string]any
		if json.Unmarshal([]byte("{"+text), &line) == nil {
			lines = append(lines, line)
		}
	}
	return lines
}
