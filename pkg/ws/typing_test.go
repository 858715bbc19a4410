package ws_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// TestTyping_Interval checks that a connection sends one typing frame in two seconds, also
// through several instances.
func TestTyping_Interval(t *testing.T) {
	fx := newFixture(t)
	clock := func() time.Time { return fx.now }
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	typing := func() bool {
		pushed := fx.send(t, fx.handler.Typing(fx.tickets), "sara1", `{"action":"typing","ticketId":"`+oneID+`"}`)
		if len(pushed) > 0 && !slices.Equal(pushed, []string{"ali1: typing"}) {
			t.Errorf("pushed %v", pushed)
		}
		return len(pushed) > 0
	}
	fx.handler.Typists = &ws.Typists{Store: fx.memStore, Now: clock}
	for i, want := range []bool{true, false, false} {
		if typing() != want {
			t.Errorf("frame %d: want sent %v", i, want)
		}
	}
	if writes := fx.Calls("AddWithin"); writes != 1 {
		t.Errorf("got %d writes, want 1", writes)
	}
	fx.handler.Typists = &ws.Typists{Store: fx.memStore, Now: clock} // another instance
	if typing() {
		t.Error("another instance sent a frame")
	}
	fx.now = fx.now.Add(2 * time.Second)
	if !typing() {
		t.Error("two seconds later: no frame")
	}
}

// TestPresence_SetOfUsers checks that presence is pushed to others only if the set of users
// changes: two connections of one user are one user.
func TestPresence_SetOfUsers(t *testing.T) {
	fx := newFixture(t)
	topic := `,"topic":"ticket:` + oneID + `"}`
	subscribe, unsubscribe := fx.handler.Subscribe(fx.tickets), fx.handler.Unsubscribe(fx.tickets)
	for i, c := range []struct {
		run  ws.Action
		name string
		from string
		want []string
	}{
		{subscribe, "subscribe", "ali1", []string{"ali1: presence", "ali1: subscribed"}},
		{subscribe, "subscribe", "sara1", []string{"ali1: presence", "sara1: presence", "sara1: subscribed"}},
		{subscribe, "subscribe", "sara2", []string{"sara2: presence", "sara2: subscribed"}},
		{subscribe, "subscribe", "sara1", []string{"sara1: presence", "sara1: subscribed"}},
		{unsubscribe, "unsubscribe", "sara1", []string{"sara1: unsubscribed"}},
		{unsubscribe, "unsubscribe", "sara2", []string{"ali1: presence", "sara2: unsubscribed"}},
	} {
		if i == 0 {
			for _, id := range []string{"sara1", "ali1"} {
				must(fx.Unsubscribe(t.Context(), id, "ticket:"+oneID))
			}
		}
		if got := fx.send(t, c.run, c.from, `{"action":"`+c.name+`"`+topic); !slices.Equal(got, c.want) {
			t.Errorf("step %d, %s %s: got %v, want %v", i, c.from, c.name, got, c.want)
		}
	}
}

// TestPresence_ManyUsers checks that a frame has at most 50 users, the customer among them, and
// then the number of all; with the longest names it stays below the 32 KiB of a frame.
func TestPresence_ManyUsers(t *testing.T) {
	fx := newFixture(t)
	fx.send(t, fx.handler.Subscribe(fx.tickets), "sara1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	fx.frames = nil
	for i := range 300 {
		agent := user.Principal{UserID: fmt.Sprintf("%026d", i), Name: strings.Repeat("\U00010400", 100), Role: user.RoleSupport}
		c := realtime.Connection{ID: fmt.Sprintf("a%03d", i), Principal: agent, ExpiresAt: fx.now.Add(time.Hour)}
		must(fx.AddConnection(t.Context(), c))
		_, err := fx.Subscribe(t.Context(), c, realtime.TicketTopic(oneID))
		must(err)
	}
	fx.handler.Publisher.PublishPresence(t.Context(), oneID, realtime.Connection{ID: "left", Principal: user.Principal{UserID: "left"}})
	body := fx.frames[0].body
	users, _ := body["users"].([]any)
	text, err := json.Marshal(body)
	must(err)
	if total, _ := body["total"].(float64); len(users) != 50 || total != 301 || !strings.Contains(string(text), saraID) || len(text) > 32<<10 {
		t.Errorf("got %d users of %v in %d bytes, with the customer: %v", len(users), body["total"], len(text), strings.Contains(string(text), saraID))
	}
}

// TestSubscribe_Limit checks that a user who subscribes in a loop pushes presence to others a
// bounded number of times in a minute, whatever the connection.
func TestSubscribe_Limit(t *testing.T) {
	fx := newFixture(t)
	topic := `,"topic":"ticket:` + oneID + `"}`
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe"`+topic)
	fx.handler.Subscriptions = &limit.Limiter{Rule: limit.Rule{Name: "subscriptions", Max: 2, Window: time.Minute}, Store: fx.memStore, Now: func() time.Time { return fx.now }}
	for i, want := range []string{"subscribed", "subscribed", "error"} {
		from := []string{"sara1", "sara2", "sara1"}[i]
		pushed := fx.send(t, fx.handler.Subscribe(fx.tickets), from, `{"action":"subscribe"`+topic)
		if !slices.Contains(pushed, from+": "+want) || slices.Contains(pushed, "ali1: presence") != (want == "subscribed") {
			t.Errorf("subscription %d: got %v, want %s", i, pushed, want)
		}
		fx.send(t, fx.handler.Unsubscribe(fx.tickets), from, `{"action":"unsubscribe"`+topic)
	}
	fx.now = fx.now.Add(time.Minute)
	if pushed := fx.send(t, fx.handler.Subscribe(fx.tickets), "sara1", `{"action":"subscribe"`+topic); !slices.Contains(pushed, "sara1: subscribed") {
		t.Errorf("a minute later: got %v", pushed)
	}
}

// TestConnect_Limit checks that a user can open a bounded number of sockets in a minute.
func TestConnect_Limit(t *testing.T) {
	fx := newFixture(t)
	fx.connect.NewSockets = &limit.Limiter{Rule: limit.Rule{Name: "sockets", Max: 2, Window: time.Minute}, Store: fx.memStore, Now: func() time.Time { return fx.now }}
	for i, want := range []int{200, 200, 429} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers, event.RequestContext.ConnectionID = map[string]string{"Authorization": "Bearer " + fx.token(sara)}, fmt.Sprint("new", i)
		if got, err := fx.connect.Connect(t.Context(), event); err != nil || got.StatusCode != want {
			t.Errorf("socket %d: got %d, %v, want %d", i, got.StatusCode, err, want)
		}
	}
}
