package ws_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ws"
)

// TestFrame_Invalid checks that an invalid frame gets an error frame and changes nothing.
func TestFrame_Invalid(t *testing.T) {
	topic := `"topic":"ticket:` + oneID + `"`
	for _, c := range []struct {
		action, from, body string
		code               string
		fieldErrors        []string
	}{
		{"", "sara1", "hello", "frame_invalid", nil},
		{"", "sara1", "", "frame_invalid", nil},
		{"", "sara1", "[1]", "frame_invalid", nil},
		{"", "sara1", `{"action":"dance"}`, "unknown_action", nil},
		{"ping", "sara1", `{"action":"ping","x":1}`, "invalid_body", []string{"/x unknown"}},
		{"ping", "sara1", `{"action":"ping"}{}`, "frame_invalid", nil},
		{"ping", "unknown", `{"action":"ping"}`, "unauthenticated", nil},

		{"subscribe", "sara1", `{"action":"subscribe"}`, "invalid_body", []string{"/topic required"}},
		{"unsubscribe", "sara1", `{"action":"unsubscribe"}`, "invalid_body", []string{"/topic required"}},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"events"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"queue"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"user:` + aliID + `"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"ticket:x"}`, "ticket_not_found", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"ticket:` + otherID + `"}`, "ticket_not_found", nil},
		{"subscribe", "reza1", `{"action":"subscribe",` + topic + `}`, "ticket_not_found", nil},
		{"subscribe", "sara1", `{"action":"subscribe",` + topic + `,"after":-1}`, "invalid_body", []string{"/after out_of_range"}},
		{"subscribe", "sara1", `{"action":"subscribe",` + topic + `,"after":99999999999}`, "invalid_body", []string{"/after out_of_range"}},
		{"unsubscribe", "sara1", `{"action":"unsubscribe","topic":"events"}`, "topic_unknown", nil},
		{"unsubscribe", "sara1", `{"action":"unsubscribe","topic":7}`, "invalid_body", []string{"/topic type"}},

		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `"}`, "invalid_body", []string{"/clientId required", "/body required"}},
		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `","clientId":5,"body":"x"}`, "invalid_body", []string{"/clientId type"}},
		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"x","internal":true}`, "forbidden", nil},
		{"message", "reza1", `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"x"}`, "ticket_not_found", nil},
		{"typing", "reza1", `{"action":"typing","ticketId":"` + oneID + `"}`, "ticket_not_found", nil},
		{"typing", "sara1", `{"action":"typing"}`, "invalid_body", []string{"/ticketId required"}},
		{"typing", "sara1", `{"action":"typing","ticketId":"` + strings.Repeat("x", 3000) + `"}`, "ticket_not_found", nil},
		{"message", "sara1", `{"action":"message","ticketId":"` + strings.Repeat("x", 3000) + `","clientId":"` + aULID + `"}`, "ticket_not_found", nil},
		{"read", "sara1", `{"action":"read","ticketId":"` + strings.Repeat("x", 3000) + `"}`, "ticket_not_found", nil},
		{"unsubscribe", "sara1", `{"action":"unsubscribe","topic":"ticket:` + strings.Repeat("x", 3000) + `"}`, "ticket_not_found", nil},
		{"ping", "sara1", `{"action":"ping","id":7}`, "invalid_body", []string{"/id type"}},
		{"ping", "sara1", `{"action":"ping","id":"` + strings.Repeat("x", 129) + `"}`, "invalid_body", []string{"/id too_long"}},
		{"read", "sara1", `{"action":"read","ticketId":"` + oneID + `"}`, "invalid_body", []string{"/seq required"}},
		{"read", "sara1", `{"action":"read","ticketId":"` + oneID + `","seq":-1}`, "invalid_body", []string{"/seq out_of_range"}},
		{"read", "sara1", `{"action":"read","ticketId":"` + oneID + `","seq":99999999999}`, "invalid_body", []string{"/seq out_of_range"}},
		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `","attachmentIds":["x",[]]}`, "invalid_body", []string{"/attachmentIds/1 type"}},
		{"read", "reza1", `{"action":"read","ticketId":"` + oneID + `","seq":1}`, "ticket_not_found", nil},
	} {
		fx := newFixture(t)
		pushed := fx.send(t, fx.actions()[c.action], c.from, c.body)
		if !slices.Equal(pushed, []string{c.from + ": error"}) {
			t.Errorf("%s: got %v, want only an error frame", c.body, pushed)
			continue
		}
		reply := fx.reply(c.from)
		if reply.field("problem", "code") != c.code || !slices.Equal(reply.fieldErrors(), c.fieldErrors) || reply.field("problem", "requestId") != "request-1" {
			t.Errorf("%s: got %v, want %s %v", c.body, reply.body, c.code, c.fieldErrors)
		}
		if named := strings.Contains(c.body, `"clientId":"`); named != (reply.body["clientId"] == aULID) {
			t.Errorf("%s: got clientId %v", c.body, reply.body["clientId"])
		}
		if n := len(fx.ticketLog(oneID).Entries); n != 3 || len(fx.topics("sara1")) != 1 {
			t.Errorf("%s: got %d entries, topics %v, want no change", c.body, n, fx.topics("sara1"))
		}
	}
}

// TestFrame_Binary checks that the error of a binary frame does not blame its action.
func TestFrame_Binary(t *testing.T) {
	fx := newFixture(t)
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.IsBase64Encoded, event.RequestContext.ConnectionID = base64.StdEncoding.EncodeToString([]byte(`{"action":"ping"}`)), true, "sara1"
	_, err := fx.handler.Handle(fx.handler.Default)(t.Context(), event)
	if got := fx.reply("sara1"); err != nil || got.field("problem", "code") != "frame_invalid" || got.field("problem", "detail") != "A frame must be a text, not binary." {
		t.Errorf("got %v, %v", got.body, err)
	}
}

// TestErrorFrame_RetryAfter checks that an error frame of a limit says how long to wait.
func TestErrorFrame_RetryAfter(t *testing.T) {
	fx := newFixture(t)
	limited := func(context.Context, *ws.Request) (any, error) {
		return nil, apperr.New(apperr.RateLimited, "").WithRetryAfter(1500 * time.Millisecond)
	}
	fx.send(t, limited, "sara1", `{"action":"message"}`)
	if got := fx.reply("sara1").field("problem", "retryAfter"); got != 2.0 {
		t.Errorf("got %v, want 2", got)
	}
}

// TestErrorFrame_LongName checks that the error of a frame fits into a frame, although it names a
// field with a long name, and unknown fields within each other.
func TestErrorFrame_LongName(t *testing.T) {
	fx := newFixture(t)
	name := strings.Repeat("~", 100_000)
	for _, body := range []string{`{"action":"ping","` + name + `":1}`, `{"action":"ping","id":{"` + name + `":1}}`} {
		for _, from := range []string{"sara1", "reza1"} {
			fx.send(t, fx.handler.Ping, from, body)
			got, err := json.Marshal(fx.reply(from).body)
			if code := fx.reply(from).field("problem", "code"); err != nil || code != "invalid_body" || len(got) > 4096 {
				t.Errorf("%s: got %d bytes, %v", from, len(got), code)
			}
		}
	}
}

// TestErrorFrame_Locale checks the language of error frames and that they disclose no cause.
func TestErrorFrame_Locale(t *testing.T) {
	fx := newFixture(t)
	for from, want := range map[string]string{"sara1": "There is no such action", "reza1": "چنین عملی وجود ندارد"} {
		fx.send(t, fx.handler.Default, from, `{"action":"dance"}`)
		if got := fx.reply(from).field("problem", "title"); got != want {
			t.Errorf("%s: got %v, want %s", from, got, want)
		}
	}
	fx.down = true
	fx.send(t, fx.handler.Read(fx.tickets), "sara1", `{"action":"read","ticketId":"`+oneID+`","seq":1}`)
	if got := fx.reply("sara1"); got.field("problem", "code") != "internal" || strings.Contains(fmt.Sprint(got.body), "secret") || !strings.Contains(fx.log.String(), "websocket action failed") {
		t.Errorf("got %v, logged %s", got.body, fx.log)
	}
}

// TestReply_Echo checks that replies and error frames name the frame that they answer.
func TestReply_Echo(t *testing.T) {
	const common = `,"id":"7 ¶"}`
	for _, c := range []struct{ action, fields, want string }{
		{"ping", ``, "pong ping 7 ¶   "},
		{"subscribe", `,"topic":"ticket:` + oneID + `"`, "subscribed subscribe 7 ¶ ticket:" + oneID + "  "},
		{"unsubscribe", `,"topic":"ticket:` + oneID + `"`, "unsubscribed unsubscribe 7 ¶ ticket:" + oneID + "  "},
		{"message", `,"ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"x"`, "ack message 7 ¶  " + oneID + " " + aULID},
		{"message", `,"ticketId":"` + otherID + `","clientId":"` + aULID + `","body":"x"`, "error message 7 ¶  " + otherID + " " + aULID},
		{"subscribe", `,"topic":"ticket:` + otherID + `"`, "error subscribe 7 ¶ ticket:" + otherID + "  "},
		{"read", `,"ticketId":"` + oneID + `"`, "error read 7 ¶  " + oneID + " "},
		{"typing", `,"ticketId":"` + otherID + `"`, "error typing 7 ¶  " + otherID + " "},
	} {
		fx := newFixture(t)
		fx.send(t, fx.actions()[c.action], "sara1", `{"action":"`+c.action+`"`+c.fields+common)
		var got []string
		for _, name := range []string{"type", "action", "id", "topic", "ticketId", "clientId"} {
			text, _ := fx.reply("sara1").body[name].(string)
			got = append(got, text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.action, strings.Join(got, " "), c.want)
		}
	}
}

// TestReply_LongID checks that the length of an id is counted in characters.
func TestReply_LongID(t *testing.T) {
	fx := newFixture(t)
	id := strings.Repeat("ی", 128)
	fx.send(t, fx.handler.Ping, "sara1", `{"action":"ping","id":"`+id+`"}`)
	if got := fx.reply("sara1").body; got["type"] != "pong" || got["id"] != id {
		t.Errorf("got %v, want a pong with the id", got)
	}
}
