package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// port is a house with open sockets: two of Sara's, one of Ali's, one of Reza's.
type port struct {
	*house
	socket *api.Socket
}

func newPort(t *testing.T) *port {
	t.Helper()
	h := newHouse(t)
	h.stock(oneID, "message", "note")
	p := &port{house: h, socket: &api.Socket{Store: h.shop, Revocations: h.server.Gate.Revocations, Hub: h.news.Hub, News: h.news, Log: h.server.Log, Now: h.server.Now}}
	for id, who := range map[string]user.Principal{"sara1": sara, "sara2": sara, "ali1": ali, "reza1": reza} {
		h.connections[id] = realtime.Connection{ID: id, Who: who, Topics: []string{realtime.UserTopic(who.UserID)}}
	}
	return p
}

// send gives a frame to an action and returns what was pushed, by connection:
// "sara1: ack".
func (p *port) send(t *testing.T, run api.Action, from, body string) []string {
	t.Helper()
	p.frames = nil
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.RequestContext.ConnectionID, event.RequestContext.RequestID = body, from, "request-1"
	out, err := p.socket.Handler(run)(context.Background(), event)
	if err != nil || out.StatusCode != http.StatusOK {
		t.Fatalf("got %d, %v: the socket must live on", out.StatusCode, err)
	}
	var pushed []string
	for _, f := range p.frames {
		pushed = append(pushed, fmt.Sprint(f.to, ": ", f.body["type"]))
	}
	slices.Sort(pushed)
	return pushed
}

// reply is what the sender got.
func (p *port) reply(from string) answer {
	for _, f := range p.frames {
		if f.to == from {
			return answer{body: f.body}
		}
	}
	return answer{}
}

func (p *port) actions() map[string]api.Action {
	return map[string]api.Action{
		"ping": p.socket.Ping, "subscribe": p.socket.Subscribe(p.desk), "unsubscribe": p.socket.Unsubscribe, "message": p.socket.Message(p.desk),
		"typing": p.socket.Typing(p.desk), "read": p.socket.Read(p.desk), "": p.socket.Unknown,
	}
}

// TestBadFrames: each gets an error frame and nothing happens.
func TestBadFrames(t *testing.T) {
	topic := `"topic":"ticket:` + oneID + `"`
	for _, c := range []struct {
		action, from, body string
		code               string
		wrong              []string
	}{
		{"", "sara1", "hello", "frame_invalid", nil},
		{"", "sara1", "", "frame_invalid", nil},
		{"", "sara1", "[1]", "frame_invalid", nil},
		{"", "sara1", `{"action":"dance"}`, "unknown_action", nil},
		{"ping", "sara1", `{"action":"ping","x":1}`, "invalid_body", []string{"/x unknown"}},
		{"ping", "sara1", `{"action":"ping"}{}`, "frame_invalid", nil},
		{"ping", "nobody", `{"action":"ping"}`, "unauthenticated", nil},

		{"subscribe", "sara1", `{"action":"subscribe"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"news"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"queue"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"user:` + aliID + `"}`, "topic_unknown", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"ticket:x"}`, "ticket_not_found", nil},
		{"subscribe", "sara1", `{"action":"subscribe","topic":"ticket:` + otherID + `"}`, "ticket_not_found", nil},
		{"subscribe", "reza1", `{"action":"subscribe",` + topic + `}`, "ticket_not_found", nil},
		{"subscribe", "sara1", `{"action":"subscribe",` + topic + `,"after":-1}`, "invalid_body", []string{"/after out_of_range"}},
		{"subscribe", "sara1", `{"action":"subscribe",` + topic + `,"after":99999999999}`, "invalid_body", []string{"/after out_of_range"}},
		{"unsubscribe", "sara1", `{"action":"unsubscribe","topic":"news"}`, "topic_unknown", nil},
		{"unsubscribe", "sara1", `{"action":"unsubscribe","topic":7}`, "invalid_body", []string{"/topic type"}},

		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `"}`, "invalid_body", []string{"/clientId required", "/body required"}},
		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `","clientId":5,"body":"x"}`, "invalid_body", []string{"/clientId type"}},
		{"message", "sara1", `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"x","internal":true}`, "forbidden", nil},
		{"message", "reza1", `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"x"}`, "ticket_not_found", nil},
		{"typing", "reza1", `{"action":"typing","ticketId":"` + oneID + `"}`, "ticket_not_found", nil},
		{"read", "sara1", `{"action":"read","ticketId":"` + oneID + `"}`, "invalid_body", []string{"/seq required"}},
		{"read", "reza1", `{"action":"read","ticketId":"` + oneID + `","seq":1}`, "ticket_not_found", nil},
	} {
		p := newPort(t)
		pushed := p.send(t, p.actions()[c.action], c.from, c.body)
		if !slices.Equal(pushed, []string{c.from + ": error"}) {
			t.Errorf("%s: got %v, want an error frame alone", c.body, pushed)
			continue
		}
		reply := p.reply(c.from)
		problem := answer{body: reply.body["problem"].(map[string]any)}
		if problem.body["code"] != c.code || !slices.Equal(problem.wrong(), c.wrong) || problem.body["requestId"] != "request-1" {
			t.Errorf("%s: got %v, want %s %v", c.body, problem.body, c.code, c.wrong)
		}
		if named := strings.Contains(c.body, `"clientId":"`); named != (reply.body["clientId"] == aULID) {
			t.Errorf("%s: the error names the message %v", c.body, reply.body["clientId"])
		}
		if n := len(p.tickets[oneID].Entries); n != 3 || len(p.connections["sara1"].Topics) != 1 {
			t.Errorf("%s: something happened: %d entries, topics %v", c.body, n, p.connections["sara1"].Topics)
		}
	}
}

// TestErrorFramesSpeak the language of the person, and tell no secrets.
func TestErrorFramesSpeak(t *testing.T) {
	p := newPort(t)
	for from, want := range map[string]string{"sara1": "There is no such action", "reza1": "چنین عملی وجود ندارد"} {
		p.send(t, p.socket.Unknown, from, `{"action":"dance"}`)
		if got := p.reply(from).at("problem", "title"); got != want {
			t.Errorf("%s: got %v, want %s", from, got, want)
		}
	}
	p.broken = true
	p.send(t, p.socket.Read(p.desk), "sara1", `{"action":"read","ticketId":"`+oneID+`","seq":1}`)
	if got := p.reply("sara1"); got.at("problem", "code") != "internal" || strings.Contains(fmt.Sprint(got.body), "secret") || !strings.Contains(p.log.String(), "frame failed") {
		t.Errorf("got %v, logged %s", got.body, p.log)
	}
}

func TestPing(t *testing.T) {
	p := newPort(t)
	if pushed := p.send(t, p.socket.Ping, "sara1", `{"action":"ping"}`); !slices.Equal(pushed, []string{"sara1: pong"}) || p.reply("sara1").body["at"] != "2026-03-21T12:00:00.000Z" {
		t.Errorf("got %v %v", pushed, p.frames)
	}
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.IsBase64Encoded, event.RequestContext.ConnectionID = base64.StdEncoding.EncodeToString([]byte(`{"action":"ping"}`)), true, "ali1"
	if _, err := p.socket.Handler(p.socket.Ping)(context.Background(), event); err != nil || p.reply("ali1").body["type"] != "pong" {
		t.Errorf("in base64: got %v %v", err, p.frames)
	}
}

func TestSubscribe(t *testing.T) {
	for _, c := range []struct {
		from, more string
		lastSeq    float64
		seqs       string
	}{
		{"sara1", "", 2, "[]"}, {"sara1", `,"after":0`, 2, "[1 2]"}, {"sara1", `,"after":1`, 2, "[2]"}, {"sara1", `,"after":9`, 2, "[]"},
		{"ali1", `,"after":1`, 3, "[2 3]"},
	} {
		p := newPort(t)
		pushed := p.send(t, p.socket.Subscribe(p.desk), c.from, `{"action":"subscribe","topic":"ticket:`+oneID+`"`+c.more+`}`)
		if !slices.Equal(pushed, []string{c.from + ": presence", c.from + ": subscribed"}) {
			t.Errorf("%s%s: got %v", c.from, c.more, pushed)
			continue
		}
		got := answer{body: p.frames[0].body}
		var seqs []any
		entries, _ := got.body["entries"].([]any)
		for _, e := range entries {
			seqs = append(seqs, e.(map[string]any)["seq"])
		}
		if got.body["type"] != "subscribed" || got.body["topic"] != "ticket:"+oneID || got.body["lastSeq"] != c.lastSeq || fmt.Sprint(seqs) != c.seqs || got.body["hasMore"] != false {
			t.Errorf("%s%s: got %v", c.from, c.more, got.body)
		}
	}
	p := newPort(t)
	if pushed := p.send(t, p.socket.Subscribe(p.desk), "ali1", `{"action":"subscribe","topic":"queue"}`); !slices.Equal(pushed, []string{"ali1: subscribed"}) {
		t.Errorf("the queue: got %v", pushed)
	}
	if pushed := p.send(t, p.socket.Unsubscribe, "ali1", `{"action":"unsubscribe","topic":"queue"}`); !slices.Equal(pushed, []string{"ali1: unsubscribed"}) || len(p.connections["ali1"].Topics) != 1 {
		t.Errorf("unsubscribe: got %v, topics %v", pushed, p.connections["ali1"].Topics)
	}
}

// TestReplayInParts: a long absence comes in pages of a hundred.
func TestReplayInParts(t *testing.T) {
	p := newPort(t)
	p.stock(oneID, slices.Repeat([]ticket.Kind{ticket.KindMessage}, 122)...)
	p.send(t, p.socket.Subscribe(p.desk), "ali1", `{"action":"subscribe","topic":"ticket:`+oneID+`","after":3}`)
	got := p.frames[0].body
	if entries, _ := got["entries"].([]any); len(entries) != 100 || got["hasMore"] != true || got["lastSeq"] != 123.0 {
		t.Errorf("got %d entries, more %v, last %v", len(entries), got["hasMore"], got["lastSeq"])
	}
}

// TestMessageOverASocket: the sender gets the ack, the author's other sockets
// and those who watch the entry; twice is two acks with one seq.
func TestMessageOverASocket(t *testing.T) {
	p := newPort(t)
	p.send(t, p.socket.Subscribe(p.desk), "ali1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	frame := `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"hello"}`
	for i, want := range [][]string{{"ali1: entry", "sara1: ack", "sara2: entry"}, {"sara1: ack"}} {
		if pushed := p.send(t, p.socket.Message(p.desk), "sara1", frame); !slices.Equal(pushed, want) {
			t.Errorf("%d: got %v, want %v", i, pushed, want)
		}
		if ack := p.reply("sara1").body; ack["seq"] != 4.0 || ack["clientId"] != aULID || ack["ticketId"] != oneID || ack["createdAt"] != "2026-03-21T12:00:00.000Z" {
			t.Errorf("%d: got %v", i, ack)
		}
	}
	note := `{"action":"message","ticketId":"` + oneID + `","clientId":"` + otherID + `","body":"hm","internal":true}`
	if pushed := p.send(t, p.socket.Message(p.desk), "ali1", note); !slices.Equal(pushed, []string{"ali1: ack"}) {
		t.Errorf("a note: got %v", pushed)
	}
	r := call(http.MethodPost, "/x", strings.Replace(frame, `"action":"message","ticketId":"`+oneID+`",`, "", 1))
	p.frames = nil
	if got := p.house.send(t, api.PostMessage(p.desk, p.news), sara, r); got.status != 200 || got.body["seq"] != 4.0 || len(p.frames) != 0 {
		t.Errorf("through the other door: got %d %s, pushed %v", got.status, got.text, p.frames)
	}
}

// TestReplayFitsIntoAMessage: a subscription that is far behind long texts gets
// as many as a connection takes, and is told that there are more.
func TestReplayFitsIntoAMessage(t *testing.T) {
	p := newPort(t)
	for n := range 30 {
		p.add(oneID, ticket.Entry{TicketID: oneID, Seq: p.tickets[oneID].Head.LastSeq + 1, Kind: ticket.KindMessage, Author: ticket.Author{ID: aliID}, Body: strings.Repeat("سلام ", 1000), ClientID: fmt.Sprint(n)})
	}
	p.send(t, p.socket.Subscribe(p.desk), "sara1", `{"action":"subscribe","topic":"ticket:`+oneID+`","after":1}`)
	frame := p.frames[0].body
	text, err := json.Marshal(frame)
	entries, _ := frame["entries"].([]any)
	if err != nil || len(text) > 128<<10 || len(entries) < 5 || frame["hasMore"] != true {
		t.Errorf("got %d bytes, %d entries, hasMore %v, %v", len(text), len(entries), frame["hasMore"], err)
	}
}

func TestTypingAndReading(t *testing.T) {
	p := newPort(t)
	for _, from := range []string{"ali1", "sara1"} {
		p.send(t, p.socket.Subscribe(p.desk), from, `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	}
	if pushed := p.send(t, p.socket.Typing(p.desk), "sara1", `{"action":"typing","ticketId":"`+oneID+`"}`); !slices.Equal(pushed, []string{"ali1: typing"}) {
		t.Errorf("typing: got %v", pushed)
	}
	if got := fmt.Sprint(p.frames[0].body["user"]); got != "map[id:"+saraID+" name:Sara role:user]" {
		t.Errorf("typing: got %s", got)
	}
	if pushed := p.send(t, p.socket.Typing(p.desk), "ali1", `{"action":"typing","ticketId":"`+oneID+`","internal":true}`); len(pushed) > 0 {
		t.Errorf("typing a note: got %v, want nothing for the customer", pushed)
	}
	if pushed := p.send(t, p.socket.Read(p.desk), "sara1", `{"action":"read","ticketId":"`+oneID+`","seq":2}`); len(pushed) != 0 || p.tickets[oneID].Marks[saraID] != 2 {
		t.Errorf("read: got %v, marks %v", pushed, p.tickets[oneID].Marks)
	}
	p.frames = nil
	var event events.APIGatewayWebsocketProxyRequest
	event.RequestContext.ConnectionID = "ali1"
	if out, err := p.socket.Disconnect(context.Background(), event); err != nil || out.StatusCode != 200 || len(p.frames) != 1 || p.frames[0].body["type"] != "presence" {
		t.Errorf("disconnect: got %d, %v, pushed %v", out.StatusCode, err, p.frames)
	}
}

// TestRevokedSocket: a socket that was opened before its person's access was
// revoked says nothing more.
func TestRevokedSocket(t *testing.T) {
	p := newPort(t)
	p.revoked[saraID] = []user.Revocation{{At: p.now}}
	for name, run := range p.actions() {
		p.send(t, run, "sara1", `{"action":"`+name+`","topic":"ticket:`+oneID+`","ticketId":"`+oneID+`"}`)
		if got := p.reply("sara1"); got.at("problem", "code") != "token_expired" {
			t.Errorf("%s: got %v, want token_expired", name, got.body)
		}
	}
	if got := p.send(t, p.socket.Ping, "ali1", `{"action":"ping"}`); !slices.Equal(got, []string{"ali1: pong"}) {
		t.Errorf("another person: got %v", got)
	}
}
