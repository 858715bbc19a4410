package ws_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestActions_DeletedTicket checks that no action on a deleted ticket, or on one that the user may
// not see, does anything for its other subscribers, although the subscriptions are still stored.
func TestActions_DeletedTicket(t *testing.T) {
	for from, deleted := range map[string]bool{"sara1": true, "reza1": false} {
		for action, fields := range map[string]string{
			"subscribe": topicOfOne, "unsubscribe": topicOfOne, "typing": ticketOne, "read": ticketOne + `,"seq":3`,
			"message": ticketOne + `,"clientId":"` + aULID + `","body":"hello"`, "disconnect": "",
		} {
			fx := newFixture(t)
			for _, id := range []string{"sara2", "ali1", from} {
				c, _ := fx.connection(id)
				must2(fx.Subscribe(t.Context(), c, realtime.TicketTopic(oneID)))
			}
			if deleted {
				must(fx.DeleteTicket(t.Context(), oneID, 0, audit.Record{}))
			}
			var event events.APIGatewayWebsocketProxyRequest
			if event.RequestContext.ConnectionID = from; action == "disconnect" {
				must2(fx.handler.Disconnect(fx.tickets)(t.Context(), event))
			} else {
				fx.send(t, fx.actions()[action], from, `{"action":"`+action+`"`+fields+`}`)
			}
			for _, f := range fx.frames {
				if f.to != from {
					t.Errorf("%s by %s: %s got %v", action, from, f.to, f.body)
				}
			}
		}
	}
}

// Fields of frames that name the ticket of Sara.
const (
	topicOfOne = `,"topic":"ticket:` + oneID + `"`
	ticketOne  = `,"ticketId":"` + oneID + `"`
)

func TestPing(t *testing.T) {
	fx := newFixture(t)
	if pushed := fx.send(t, fx.handler.Ping, "sara1", `{"action":"ping"}`); !slices.Equal(pushed, []string{"sara1: pong"}) || fx.reply("sara1").body["at"] != "2026-03-21T12:00:00.000Z" {
		t.Errorf("got %v %v", pushed, fx.frames)
	}
	var event events.APIGatewayWebsocketProxyRequest
	event.Body, event.IsBase64Encoded, event.RequestContext.ConnectionID = base64.StdEncoding.EncodeToString([]byte(`{"action":"ping"}`)), true, "ali1"
	if _, err := fx.handler.Handle(fx.handler.Ping)(context.Background(), event); err != nil || fx.reply("ali1").body["type"] != "pong" {
		t.Errorf("base64: got %v %v", err, fx.frames)
	}
}

// TestMessage checks that the sender gets an ack and the other subscribers and connections of
// the author get the entry. A retry gets an ack with the same seq and is not published.
func TestMessage(t *testing.T) {
	fx := newFixture(t)
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	message := `{"action":"message","ticketId":"` + oneID + `","clientId":"` + aULID + `","body":"hello"}`
	replies := map[string]map[string]any{}
	for i, want := range [][]string{{"ali1: entry", "sara1: ack", "sara2: entry"}, {"sara1: ack"}} {
		if pushed := fx.send(t, fx.handler.Message(fx.tickets), "sara1", message); !slices.Equal(pushed, want) {
			t.Errorf("%d: got %v, want %v", i, pushed, want)
		}
		for _, f := range fx.frames {
			replies[f.to] = f.body
		}
		if ack := fx.reply("sara1").body; ack["seq"] != 4.0 || ack["clientId"] != aULID || ack["ticketId"] != oneID || ack["createdAt"] != "2026-03-21T12:00:00.000Z" {
			t.Errorf("%d: got %v", i, ack)
		}
	}
	for to, prev := range map[string]float64{"sara1": 2, "sara2": 2, "ali1": 3} { // entry 3 is a note
		if got := replies[to]; got["prev"] != prev || got["version"] != 4.0 {
			t.Errorf("to %s: got %v, want the entry before it to be %v", to, got, prev)
		}
	}
	note := `{"action":"message","ticketId":"` + oneID + `","clientId":"` + otherID + `","body":"hm","internal":true}`
	if pushed := fx.send(t, fx.handler.Message(fx.tickets), "ali1", note); !slices.Equal(pushed, []string{"ali1: ack"}) {
		t.Errorf("a note: got %v", pushed)
	}
}

// TestMessage_Ack checks that the sender learns, also from the ack of a repeat, what the
// message changed, as its role sees it.
func TestMessage_Ack(t *testing.T) {
	for _, c := range []struct {
		status, from, to ticket.Status // of the ticket, and of the change as the customer sees it
	}{{ticket.StatusResolved, "resolved", "open"}, {ticket.StatusOnHold, "", ""}} {
		fx := newFixture(t)
		must(fx.SeedEntries(ticket.Entry{TicketID: oneID, Seq: 4, Kind: ticket.KindStatus, Author: ticket.Author{ID: aliID, Role: user.RoleSupport},
			Change: &ticket.Change{Field: "status", From: "open", To: string(c.status)}, State: ticket.State{Status: c.status, Priority: ticket.PriorityMedium, CategoryID: billingID}}))
		want := "<nil>"
		if c.from != "" {
			want = fmt.Sprintf("map[field:status from:%s fromName:<nil> to:%s toName:<nil>]", c.from, c.to)
		}
		for range 2 {
			fx.send(t, fx.handler.Message(fx.tickets), "sara1", `{"action":"message","ticketId":"`+oneID+`","clientId":"`+aULID+`","body":"again"}`)
			ack := fx.reply("sara1")
			if got := fmt.Sprint(ack.body["change"]); got != want || ack.field("state", "status") != "open" || ack.field("state", "priority") != "medium" {
				t.Errorf("%s: got %v", c.status, ack.body)
			}
		}
	}
}

// TestFrame_LetterCase checks that ids in lower case have the effect of those in upper case, and that
// replies repeat the topic and the clientId as they were sent.
func TestFrame_LetterCase(t *testing.T) {
	const uuid, ulid = "7C9E6679-7425-40DE-944B-E07FC1F90AE7", "01bx5zzkbkactav9wevgemmvs1"
	fx := newFixture(t)
	topic, ticketID := "ticket:"+strings.ToLower(oneID), `"ticketId":"`+strings.ToLower(oneID)+`"`
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe","topic":"`+topic+`"}`)
	if got := fx.reply("ali1").body; got["topic"] != topic || !slices.Contains(fx.topics("ali1"), "ticket:"+oneID) {
		t.Errorf("subscribe: got %v, topics %v", got, fx.topics("ali1"))
	}
	for _, clientID := range []string{uuid, strings.ToLower(uuid), ulid} {
		fx.send(t, fx.handler.Message(fx.tickets), "sara1", `{"action":"message",`+ticketID+`,"clientId":"`+clientID+`","body":"hello"}`)
		if got := fx.reply("sara1").body; got["clientId"] != clientID || got["ticketId"] != oneID {
			t.Errorf("message: got %v, want clientId %s", got, clientID)
		}
	}
	if got := len(fx.ticketLog(oneID).Entries); got != 5 {
		t.Errorf("got %d entries, want 5: a UUID in another case is the same message", got)
	}
	if pushed := fx.send(t, fx.handler.Typing(fx.tickets), "sara1", `{"action":"typing",`+ticketID+`}`); !slices.Equal(pushed, []string{"ali1: typing"}) {
		t.Errorf("typing: got %v", pushed)
	}
	if fx.send(t, fx.handler.Read(fx.tickets), "sara1", `{"action":"read",`+ticketID+`,"seq":2}`); fx.ticketLog(oneID).ReadMarkers[saraID] != 2 {
		t.Errorf("read: got %v", fx.ticketLog(oneID).ReadMarkers)
	}
	fx.send(t, fx.handler.Unsubscribe(fx.tickets), "ali1", `{"action":"unsubscribe","topic":"`+topic+`"}`)
	if got := fx.reply("ali1").body; got["topic"] != topic || slices.Contains(fx.topics("ali1"), "ticket:"+oneID) {
		t.Errorf("unsubscribe: got %v, topics %v", got, fx.topics("ali1"))
	}
}

func TestTypingAndRead(t *testing.T) {
	fx := newFixture(t)
	for _, from := range []string{"ali1", "sara1"} {
		fx.send(t, fx.handler.Subscribe(fx.tickets), from, `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	}
	if pushed := fx.send(t, fx.handler.Typing(fx.tickets), "sara1", `{"action":"typing","ticketId":"`+oneID+`"}`); !slices.Equal(pushed, []string{"ali1: typing"}) {
		t.Errorf("typing: got %v", pushed)
	}
	if got := fmt.Sprint(fx.frames[0].body["user"]); got != "map[id:"+saraID+" name:Sara role:user]" {
		t.Errorf("typing: got %s", got)
	}
	if pushed := fx.send(t, fx.handler.Typing(fx.tickets), "ali1", `{"action":"typing","ticketId":"`+oneID+`","internal":true}`); len(pushed) > 0 {
		t.Errorf("typing a note: got %v, want no frame to the customer", pushed)
	}
	if pushed := fx.send(t, fx.handler.Read(fx.tickets), "sara1", `{"action":"read","ticketId":"`+oneID+`","seq":2}`); len(pushed) != 0 || fx.ticketLog(oneID).ReadMarkers[saraID] != 2 {
		t.Errorf("read: got %v, markers %v", pushed, fx.ticketLog(oneID).ReadMarkers)
	}
	if readers := fx.ticketLog(oneID).Readers; len(readers) != 1 || readers[0].Connection != "sara1" {
		t.Errorf("read: got %+v, want the connection of the frame", readers)
	}
	fx.frames = nil
	var event events.APIGatewayWebsocketProxyRequest
	event.RequestContext.ConnectionID = "ali1"
	if out, err := fx.handler.Disconnect(fx.tickets)(context.Background(), event); err != nil || out.StatusCode != 200 || len(fx.frames) != 1 || fx.frames[0].body["type"] != "presence" {
		t.Errorf("disconnect: got %d, %v, pushed %v", out.StatusCode, err, fx.frames)
	}
}

// TestFrame_RevokedAccess checks that connections opened before a revocation are rejected.
func TestFrame_RevokedAccess(t *testing.T) {
	fx := newFixture(t)
	must(fx.AddRevocation(t.Context(), saraID, user.Revocation{At: fx.now}))
	for name, run := range fx.actions() {
		fx.send(t, run, "sara1", `{"action":"`+name+`","topic":"ticket:`+oneID+`","ticketId":"`+oneID+`"}`)
		if got := fx.reply("sara1"); got.field("problem", "code") != "token_expired" {
			t.Errorf("%s: got %v, want token_expired", name, got.body)
		}
	}
	if got := fx.send(t, fx.handler.Ping, "ali1", `{"action":"ping"}`); !slices.Equal(got, []string{"ali1: pong"}) {
		t.Errorf("another user: got %v", got)
	}
}
