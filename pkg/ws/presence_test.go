package ws_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

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
