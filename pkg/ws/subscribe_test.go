package ws_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/ticket"
)

func TestSubscribe(t *testing.T) {
	for _, c := range []struct {
		from, more string
		lastSeq    float64
		seqs       string
	}{
		{"sara1", "", 2, "[]"}, {"sara1", `,"after":0`, 2, "[1 2]"}, {"sara1", `,"after":1`, 2, "[2]"}, {"sara1", `,"after":9`, 2, "[]"},
		{"ali1", `,"after":1`, 3, "[2 3]"},
	} {
		fx := newFixture(t)
		pushed := fx.send(t, fx.handler.Subscribe(fx.tickets), c.from, `{"action":"subscribe","topic":"ticket:`+oneID+`"`+c.more+`}`)
		if !slices.Equal(pushed, []string{c.from + ": presence", c.from + ": subscribed"}) {
			t.Errorf("%s%s: got %v", c.from, c.more, pushed)
			continue
		}
		got := fx.frames[0]
		var seqs []any
		entries, _ := got.body["entries"].([]any)
		for _, e := range entries {
			seqs = append(seqs, e.(map[string]any)["seq"])
		}
		if got.body["type"] != "subscribed" || got.body["topic"] != "ticket:"+oneID || got.body["lastSeq"] != c.lastSeq || fmt.Sprint(seqs) != c.seqs || got.body["hasMore"] != false {
			t.Errorf("%s%s: got %v", c.from, c.more, got.body)
		}
	}
	fx := newFixture(t)
	if pushed := fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe","topic":"queue"}`); !slices.Equal(pushed, []string{"ali1: subscribed"}) {
		t.Errorf("the queue: got %v", pushed)
	}
	if pushed := fx.send(t, fx.handler.Unsubscribe(fx.tickets), "ali1", `{"action":"unsubscribe","topic":"queue"}`); !slices.Equal(pushed, []string{"ali1: unsubscribed"}) || len(fx.topics("ali1")) != 1 {
		t.Errorf("unsubscribe: got %v, topics %v", pushed, fx.topics("ali1"))
	}
}

// TestSubscribe_MaxTopics checks that the topics of a connection are bounded, and that one of them may
// be subscribed to again.
func TestSubscribe_MaxTopics(t *testing.T) {
	fx := newFixture(t)
	c, _, err := fx.Connection(t.Context(), "sara1")
	must(err)
	subscribe := func() any {
		fx.send(t, fx.handler.Subscribe(fx.tickets), "sara1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
		return fx.reply("sara1").field("problem", "code")
	}
	for n := range 200 {
		if n == 199 {
			if got := subscribe(); got != nil {
				t.Errorf("topic 200: got %v", got)
			}
		}
		_, err := fx.Subscribe(t.Context(), c, fmt.Sprint("ticket:", n))
		must(err)
	}
	if got := subscribe(); got != nil {
		t.Errorf("the same topic: got %v", got)
	}
	fx.send(t, fx.handler.Unsubscribe(fx.tickets), "sara1", `{"action":"unsubscribe","topic":"ticket:`+oneID+`"}`)
	_, err = fx.Subscribe(t.Context(), c, "ticket:another")
	must(err)
	if got := subscribe(); got != "invalid_body" {
		t.Errorf("topic 202: got %v, want invalid_body", got)
	}
}

// TestSubscribe_ReplayLimit checks that a replay has at most 100 entries.
func TestSubscribe_ReplayLimit(t *testing.T) {
	fx := newFixture(t)
	fx.addTicket(oneID, slices.Repeat([]ticket.Kind{ticket.KindMessage}, 122)...)
	fx.send(t, fx.handler.Subscribe(fx.tickets), "ali1", `{"action":"subscribe","topic":"ticket:`+oneID+`","after":3}`)
	got := fx.frames[0].body
	if entries, _ := got["entries"].([]any); len(entries) != 100 || got["hasMore"] != true || got["lastSeq"] != 123.0 {
		t.Errorf("got %d entries, more %v, last %v", len(entries), got["hasMore"], got["lastSeq"])
	}
}

// TestSubscribe_ReplayBytes checks that a replay of long entries stays below the frame limit of
// 128 KB.
func TestSubscribe_ReplayBytes(t *testing.T) {
	fx := newFixture(t)
	for n := range 30 {
		must(fx.SeedEntries(ticket.Entry{TicketID: oneID, Seq: n + 4, Kind: ticket.KindMessage, Author: ticket.Author{ID: aliID}, Body: strings.Repeat("سلام ", 1000), ClientID: fmt.Sprint(n)}))
	}
	fx.send(t, fx.handler.Subscribe(fx.tickets), "sara1", `{"action":"subscribe","topic":"ticket:`+oneID+`","after":1}`)
	frame := fx.frames[0].body
	text, err := json.Marshal(frame)
	entries, _ := frame["entries"].([]any)
	if err != nil || len(text) > 128<<10 || len(entries) < 5 || frame["hasMore"] != true {
		t.Errorf("got %d bytes, %d entries, hasMore %v, %v", len(text), len(entries), frame["hasMore"], err)
	}
}

// TestUnsubscribe_NotSubscribed checks that unsubscribing from a ticket that the connection does
// not subscribe to has no effect, also on its subscribers.
func TestUnsubscribe_NotSubscribed(t *testing.T) {
	fx := newFixture(t)
	fx.send(t, fx.handler.Subscribe(fx.tickets), "sara1", `{"action":"subscribe","topic":"ticket:`+oneID+`"}`)
	for _, from := range []string{"reza1", "sara2"} {
		pushed := fx.send(t, fx.handler.Unsubscribe(fx.tickets), from, `{"action":"unsubscribe","topic":"ticket:`+oneID+`"}`)
		if !slices.Equal(pushed, []string{from + ": unsubscribed"}) || fx.Calls("Unsubscribe") != 0 {
			t.Errorf("%s: got %v, want a reply only", from, pushed)
		}
	}
}
