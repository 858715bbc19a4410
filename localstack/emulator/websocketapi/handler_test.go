package websocketapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"

	"ticketsystem/localstack/testkit/golden"
)

// newGateway starts a server for an API with two routes. Every event is sent to the
// channel. The $connect function returns the status in the query parameter.
func newGateway(t *testing.T) (server *httptest.Server, events chan map[string]any) {
	t.Helper()
	events = make(chan map[string]any, 100)
	h := &Handler{Logf: t.Logf, API: func() API {
		return API{Stage: "live", RouteSelection: "$request.body.action", Routes: map[string]Route{
			"$connect": {Function: "connect"}, "$disconnect": {Function: "disconnect"}, "$default": {Function: "default"},
			"fail": {Function: "fail"}, "answer": {Function: "answer", ReturnsResponse: true},
		}}
	}}
	h.InvokeAsync = func(function string, payload []byte) func(context.Context) ([]byte, error) {
		var event map[string]any
		if err := json.Unmarshal(payload, &event); err != nil {
			t.Error(err)
		}
		event["function"] = function
		events <- event
		return func(context.Context) ([]byte, error) {
			query, _ := event["queryStringParameters"].(map[string]any)
			switch {
			case function == "fail" || query["status"] == "error":
				return nil, errors.New("it failed")
			case query["status"] != nil:
				return []byte(fmt.Sprintf(`{"statusCode":%s}`, query["status"])), nil
			}
			return []byte(`{"statusCode":200,"body":"answered"}`), nil
		}
	}
	server = httptest.NewServer(h)
	t.Cleanup(func() {
		h.Close()
		server.Close()
	})
	return server, events
}

func dial(t *testing.T, server *httptest.Server, query string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), server.URL+"/"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func write(t *testing.T, conn *websocket.Conn, kind websocket.MessageType, text string) {
	t.Helper()
	if err := conn.Write(t.Context(), kind, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nextEvent returns the next event, its function and its request context.
func nextEvent(t *testing.T, events chan map[string]any) (event map[string]any, function string, rc map[string]any) {
	t.Helper()
	select {
	case event = <-events:
		return event, event["function"].(string), event["requestContext"].(map[string]any)
	case <-time.After(time.Minute):
		t.Fatal("no event within a minute")
		return nil, "", nil
	}
}

func TestConnection_Events(t *testing.T) {
	h := &Handler{API: func() API { return API{Stage: "live"} }}
	r := httptest.NewRequest(http.MethodGet, "http://localhost:3001/?ticket=abc", nil)
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("User-Agent", "test")
	c := &connection{handler: h, id: "connection-1", identity: newIdentity(r), domain: r.Host, connectedAt: time.UnixMilli(1767323045006)}
	connect := c.connectEvent(r)
	message := events.APIGatewayWebsocketProxyRequest{RequestContext: c.newRequestContext("message", "MESSAGE"), Body: `{"action":"message"}`}
	for _, e := range []*events.APIGatewayWebsocketProxyRequest{&connect, &message} {
		e.RequestContext.RequestID, e.RequestContext.RequestTime, e.RequestContext.RequestTimeEpoch = "request-1", "02/Jan/2026:03:04:05 +0000", 1767323045006
	}
	golden.JSON(t, "connect_event", connect)
	golden.JSON(t, "message_event", message)
}

func TestHandler_ConnectAndRouting(t *testing.T) {
	server, events := newGateway(t)
	conn := dial(t, server, "?ticket=abc")
	event, function, rc := nextEvent(t, events)
	id := rc["connectionId"]
	if function != "connect" || rc["eventType"] != "CONNECT" || rc["stage"] != "live" || event["queryStringParameters"].(map[string]any)["ticket"] != "abc" ||
		event["headers"].(map[string]any)["Upgrade"] == nil || event["headers"].(map[string]any)["X-Forwarded-Proto"] != "http" || len(id.(string)) != 16 {
		t.Errorf("connect: got %s %v", function, event)
	}
	for _, c := range []struct {
		kind                  websocket.MessageType
		frame, function, body string
		base64                bool
	}{
		{websocket.MessageText, `{"action":"unknown"}`, "default", `{"action":"unknown"}`, false},
		{websocket.MessageText, `not json`, "default", `not json`, false},
		{websocket.MessageText, `{"action":"$connect"}`, "default", `{"action":"$connect"}`, false},
		{websocket.MessageText, `{"action":7}`, "default", `{"action":7}`, false},
		{websocket.MessageText, `{"action":"answer"}`, "answer", `{"action":"answer"}`, false},
		{websocket.MessageBinary, `{"action":"answer"}`, "default", `eyJhY3Rpb24iOiJhbnN3ZXIifQ==`, true},
	} {
		write(t, conn, c.kind, c.frame)
		event, function, rc = nextEvent(t, events)
		if function != c.function || event["body"] != c.body || event["isBase64Encoded"] != c.base64 || rc["connectionId"] != id || rc["eventType"] != "MESSAGE" {
			t.Errorf("frame %s: got %s %v", c.frame, function, event)
		}
	}
	if got := read(t, conn); got != "answered" {
		t.Errorf("route response: got %q", got)
	}
	if err := conn.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Fatal(err)
	}
	if _, function, rc = nextEvent(t, events); function != "disconnect" || rc["eventType"] != "DISCONNECT" || rc["disconnectStatusCode"] != 1000.0 {
		t.Errorf("got %s %v, want disconnect", function, rc)
	}
}

func TestConnect_Rejected(t *testing.T) {
	server, _ := newGateway(t)
	for status, want := range map[string]int{"401": 401, "403": 403, "500": 500, "302": 500, "error": 502} {
		_, response, err := websocket.Dial(t.Context(), server.URL+"/?status="+status, nil)
		if err == nil || response.StatusCode != want {
			t.Errorf("$connect status %s: got %v, want %d", status, response, want)
		}
	}
}

func TestMessage_FunctionError(t *testing.T) {
	server, events := newGateway(t)
	conn := dial(t, server, "")
	_, _, rc := nextEvent(t, events)
	write(t, conn, websocket.MessageText, `{"action":"fail"}`)
	var frame map[string]string
	if err := json.Unmarshal([]byte(read(t, conn)), &frame); err != nil {
		t.Fatal(err)
	}
	if frame["message"] != "Internal server error" || frame["connectionId"] != rc["connectionId"] || frame["requestId"] == "" {
		t.Errorf("got %v", frame)
	}
	write(t, conn, websocket.MessageText, `{"action":"answer"}`)
	if got := read(t, conn); got != "answered" {
		t.Errorf("after the error: got %q", got)
	}
}

func TestMessage_FrameTooBig(t *testing.T) {
	server, events := newGateway(t)
	conn := dial(t, server, "")
	nextEvent(t, events)
	exact := `{"action":"answer","x":"` + strings.Repeat("x", maxFrameBytes-26) + `"}`
	write(t, conn, websocket.MessageText, exact)
	if got := read(t, conn); got != "answered" || len(exact) != maxFrameBytes {
		t.Errorf("a frame of %d bytes: got %q", len(exact), got)
	}
	nextEvent(t, events)
	write(t, conn, websocket.MessageText, exact+" ")
	_, _, err := conn.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("got %v, want close 1009", err)
	}
	if _, function, _ := nextEvent(t, events); function != "disconnect" {
		t.Errorf("got %s, want disconnect", function)
	}
}

func callManagement(t *testing.T, server *httptest.Server, method, id, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+"/live/@connections/"+id, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=...")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text) + response.Header.Get("X-Amzn-Errortype")
}

func TestManagementAPI(t *testing.T) {
	server, events := newGateway(t)
	conn := dial(t, server, "")
	_, _, rc := nextEvent(t, events)
	id := strings.ReplaceAll(rc["connectionId"].(string), "=", "%3D")
	for i := range 50 {
		if status, text := callManagement(t, server, "POST", id, fmt.Sprint("frame ", i)); status != 200 {
			t.Fatalf("post: got %d %s", status, text)
		}
	}
	for i := range 50 {
		if got := read(t, conn); got != fmt.Sprint("frame ", i) {
			t.Fatalf("frame %d: got %q", i, got)
		}
	}
	if status, text := callManagement(t, server, "GET", id, ""); status != 200 || !strings.Contains(text, `"sourceIp":"127.0.0.1"`) {
		t.Errorf("get: got %d %s", status, text)
	}
	if status, _ := callManagement(t, server, "POST", id, strings.Repeat("x", maxMessageBytes+1)); status != 413 {
		t.Errorf("oversized message: got %d, want 413", status)
	}
	callManagement(t, server, "POST", id, "last message")
	if status, _ := callManagement(t, server, "DELETE", id, ""); status != 204 {
		t.Errorf("delete: got %d", status)
	}
	for _, method := range []string{"POST", "GET", "DELETE"} {
		if status, text := callManagement(t, server, method, id, "x"); status != 410 || !strings.Contains(text, "GoneException") {
			t.Errorf("%s to a closed connection: got %d %s, want 410 GoneException", method, status, text)
		}
	}
	// The client has not answered the close frame yet.
	write(t, conn, websocket.MessageText, `{"action":"answer"}`)
	if got := read(t, conn); got != "last message" {
		t.Errorf("before the close frame: got %q", got)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("after delete: got %v, want a close frame", err)
	}
	if _, function, _ := nextEvent(t, events); function != "disconnect" {
		t.Errorf("got %s, want disconnect", function)
	}
}

func TestConnections(t *testing.T) {
	server, events := newGateway(t)
	h, _ := server.Config.Handler.(*Handler)
	conn := dial(t, server, "")
	nextEvent(t, events)
	write(t, conn, websocket.MessageText, `{"action":"answer"}`)
	read(t, conn)
	if got := h.Connections(); len(got) != 1 || len(got[0].ID) != 16 || got[0].Received != 1 || got[0].ConnectedAt.IsZero() {
		t.Errorf("got %+v, want one connection that has sent a message", got)
	}
}

func TestSend_DropsSlowClient(t *testing.T) {
	server, events := newGateway(t)
	dial(t, server, "") // does not read
	_, _, slow := nextEvent(t, events)
	conn := dial(t, server, "")
	_, _, quick := nextEvent(t, events)
	escape := func(rc map[string]any) string { return strings.ReplaceAll(rc["connectionId"].(string), "=", "%3D") }
	dropped := false
	for range 4 * sendQueueSize {
		status, _ := callManagement(t, server, "POST", escape(slow), strings.Repeat("x", maxMessageBytes))
		if dropped = status == 410; dropped {
			break
		}
	}
	if !dropped {
		t.Error("a client that does not read was not disconnected")
	}
	if status, _ := callManagement(t, server, "POST", escape(quick), "hello"); status != 200 || read(t, conn) != "hello" {
		t.Errorf("the other connection: got %d", status)
	}
}
