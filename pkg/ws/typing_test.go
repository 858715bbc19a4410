package ws_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/limit"
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

// TestSubscribe_Limit checks that a user who subscribes in a loop pushes presence to others a
// bounded number of times in a minute, whatever the connection.
func TestSubscribe_Limit(t *testing.T) {
	fx := newFixture(t)
	topic := `,"topic":"ticket:` + oneID + `"}`
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe"`+topic)
	fx.handler.SubscriptionLimiter = &limit.Limiter{Rule: limit.Rule{Name: "subscriptions", Max: 2, Window: time.Minute}, Store: fx.memStore, Now: func() time.Time { return fx.now }}
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
	fx.connect.SocketLimiter = &limit.Limiter{Rule: limit.Rule{Name: "sockets", Max: 2, Window: time.Minute}, Store: fx.memStore, Now: func() time.Time { return fx.now }}
	for i, want := range []int{200, 200, 429} {
		var event events.APIGatewayWebsocketProxyRequest
		event.Headers, event.RequestContext.ConnectionID = map[string]string{"Authorization": "Bearer " + fx.token(sara)}, fmt.Sprint("new", i)
		if got, err := fx.connect.Connect(t.Context(), event); err != nil || got.StatusCode != want {
			t.Errorf("socket %d: got %d, %v, want %d", i, got.StatusCode, err, want)
		}
	}
}
