package attacks

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// The defaults of the template.
const (
	ticketsPerMinute  = 10
	messagesPerMinute = 60
	maxSockets        = 10
	maxSessions       = 50
)

// isLimited reports whether the limit of a user refused the request, not API Gateway.
func isLimited(r client.Response) bool {
	var problem client.Problem
	return r.Decode(http.StatusTooManyRequests, &problem) == nil && problem.Code == "rate_limited"
}

// TestAttack_Tickets opens more tickets than a customer may.
func TestAttack_Tickets(t *testing.T) {
	attacker, other := customer(t), opener(t)
	categories, err := attacker.Categories(t.Context())
	category := must(t, categories, err)[0].ID
	a := begin(t, "flood of tickets")
	a.measureDelays(other)
	a.flood(8, report.ShortOrFull(30, 400), func(int) (client.Response, error) {
		fields := client.Fields{"clientId": client.NewID(), "title": "Flood", "description": "Flood", "categoryId": category}
		return attacker.Do(t.Context(), "POST", "/tickets", fields)
	}, nil)
	most := a.windows(time.Minute) * ticketsPerMinute
	pass := a.accepted() > 0 && a.accepted() <= most && a.problems["rate_limited"] == a.requests-a.accepted()
	a.end(fmt.Sprintf("%d of %d tickets", a.accepted(), a.requests), fmt.Sprintf("at most %d a minute", ticketsPerMinute), pass, "")
}

// TestAttack_Messages posts messages until the customer is refused. Messages are counted
// after they were written, so the flood passes for some seconds.
func TestAttack_Messages(t *testing.T) {
	attacker, other := customer(t), opener(t)
	tk, err := attacker.OpenTicket(t.Context(), nil)
	id := must(t, tk, err).ID
	a := begin(t, "flood of messages")
	a.measureDelays(other)
	post := func(int) (client.Response, error) {
		return attacker.Do(t.Context(), "POST", "/tickets/"+id+"/messages", client.Fields{"clientId": client.NewID(), "body": "Flood"})
	}
	a.flood(8, 5000, post, isLimited)
	until := time.Since(a.began)
	for range report.ShortOrFull(1, 200) { // it goes on
		a.count(post(0))
	}
	pass := a.problems["rate_limited"] > 0
	value := fmt.Sprintf("%d of %d messages, refused after %.1f s", a.accepted(), a.requests, until.Seconds())
	if report.Full() {
		pass = pass && until < 15*time.Second
	}
	a.end(value, fmt.Sprintf("refused within 15 s, above %d in a minute", messagesPerMinute), pass, "Messages are counted by the stream, and function instances read blocks every 5 s.")
}

// TestAttack_ReadMarkers moves a read marker beyond the end of the log until the customer is
// refused. The stream moves it back, so that it can be moved again.
func TestAttack_ReadMarkers(t *testing.T) {
	if !report.Full() {
		t.Skip("the unit tests of the stream check the limit")
	}
	attacker, other := customer(t), opener(t)
	tk, err := attacker.OpenTicket(t.Context(), nil)
	id := must(t, tk, err).ID
	a := begin(t, "flood of read markers")
	a.measureDelays(other)
	var seq atomic.Int64
	move := func(int) (client.Response, error) {
		return attacker.Do(t.Context(), "POST", "/tickets/"+id+"/read", client.Fields{"seq": seq.Add(1)})
	}
	a.flood(8, 20_000, move, isLimited)
	until := time.Since(a.began)
	pass := a.problems["rate_limited"] > 0 && until < 15*time.Second
	value := fmt.Sprintf("%d of %d moves, refused after %.1f s", a.accepted(), a.requests, until.Seconds())
	a.end(value, fmt.Sprintf("refused within 15 s, above %d in a minute", 5*messagesPerMinute), pass, "Moves are counted by the stream, and function instances read blocks every 5 s.")
}

// TestAttack_Refreshes refreshes a session again and again, each of which the stream handles.
func TestAttack_Refreshes(t *testing.T) {
	if !report.Full() {
		t.Skip("the unit tests of the stream check that they are handled together")
	}
	attacker, other := customer(t), opener(t)
	a := begin(t, "flood of refreshed sessions")
	a.measureDelays(other)
	token := attacker.Tokens().RefreshToken
	a.flood(1, 1500, func(int) (client.Response, error) {
		r, err := suite.api.Do(t.Context(), "POST", "/token/refresh", client.Fields{"refreshToken": token})
		var next struct{ RefreshToken string }
		if err == nil && r.Status == http.StatusOK && r.Decode(r.Status, &next) == nil {
			token = next.RefreshToken
		}
		return r, err
	}, nil)
	a.end(fmt.Sprintf("%d of %d refreshes", a.accepted(), a.requests), "does not delay others", a.accepted() == a.requests, "The stream handles the refreshes of a user in a batch together.")
}

// TestAttack_Sockets opens more sockets than a user may. The refusal of a handshake has a
// status only.
func TestAttack_Sockets(t *testing.T) {
	attacker, other := customer(t), opener(t)
	address, err := attacker.SocketURL(t.Context())
	address = must(t, address, err)
	header := http.Header{"Authorization": {"Bearer " + attacker.Tokens().AccessToken}}
	a := begin(t, "flood of sockets")
	a.measureDelays(other)
	var opened atomic.Int32
	dial := func(int) (client.Response, error) {
		socket, status, err := suite.api.Dial(t.Context(), address, header)
		if socket != nil {
			opened.Add(1)
			t.Cleanup(socket.Drop)
			return client.Response{Call: "connect", Status: http.StatusOK}, nil
		}
		if status == 0 {
			return client.Response{}, err
		}
		return client.Response{Call: "connect", Status: status, Body: []byte("{}")}, nil
	}
	a.flood(8, report.ShortOrFull(40, 400), dial, nil)
	most := a.windows(time.Minute) * 3 * maxSockets
	open := 0
	await(t, "the oldest sockets close", func() error {
		r, err := suite.api.Do(t.Context(), "GET", "/_local/sockets", nil)
		var list struct{ Data []struct{} }
		if err == nil {
			err = r.Decode(http.StatusOK, &list)
		}
		if open = len(list.Data); err == nil && (open == 0 || open > maxSockets) {
			err = fmt.Errorf("%d sockets are open", open)
		}
		return err
	})
	pass := int(opened.Load()) <= most && a.accepted()+a.refused() == a.requests && open <= maxSockets
	a.end(fmt.Sprintf("%d of %d sockets opened, %d left open", opened.Load(), a.requests, open), fmt.Sprintf("at most %d a minute, %d open", 3*maxSockets, maxSockets), pass, "")
}

// TestAttack_Subscriptions subscribes to a ticket and unsubscribes in a loop, and counts the
// presence frames that an agent gets who looks at the ticket.
func TestAttack_Subscriptions(t *testing.T) {
	if !report.Full() {
		t.Skip("the unit tests of the action check the limit")
	}
	attacker := customer(t)
	tk, err := attacker.OpenTicket(t.Context(), nil)
	topic := "ticket:" + must(t, tk, err).ID
	agent, err := suite.admin.Connect(t.Context())
	agent = must(t, agent, err)
	defer agent.Drop()
	_, err = agent.Request(t.Context(), client.Fields{"action": "subscribe", "topic": topic}, "subscribed")
	must(t, agent, err)
	socket, err := attacker.Connect(t.Context())
	socket = must(t, socket, err)
	defer socket.Drop()
	a := begin(t, "flood of subscriptions")
	limited := false
	for !limited && a.requests < 5000 {
		if err := socket.Send(t.Context(), client.Fields{"action": "subscribe", "topic": topic}); err != nil {
			t.Fatal(err)
		}
		reply, err := socket.Await(t.Context(), "a reply", func(f client.Frame) bool { return f.Type == "subscribed" || f.Type == "error" })
		must(t, reply, err)
		a.requests++
		limited = reply.Type == "error" && reply.Problem.Code == "rate_limited"
		_, err = socket.Request(t.Context(), client.Fields{"action": "unsubscribe", "topic": topic}, "unsubscribed")
		must(t, reply, err)
	}
	frames := 0
	for _, f := range agent.Frames() {
		if f.Type == "presence" {
			frames++
		}
	}
	pass := limited && a.requests-1 <= a.windows(time.Minute)*12*maxSockets
	a.end(fmt.Sprintf("refused after %d subscriptions, %d frames to the agent", a.requests-1, frames), fmt.Sprintf("at most %d a minute", 12*maxSockets), pass, "")
}

// TestAttack_Sessions logs a user in again and again. The stream counts the sessions, and
// ends the oldest.
func TestAttack_Sessions(t *testing.T) {
	attacker := customer(t)
	a := begin(t, "flood of sessions")
	var newest atomic.Pointer[client.Tokens] // of about the newest session, which is not ended
	a.flood(4, 5000, func(int) (client.Response, error) {
		login, err := suite.api.Do(t.Context(), "POST", "/login", client.Fields{"phone": attacker.Profile.Phone, "password": client.Password})
		var tokens client.Tokens
		if err == nil && login.Decode(http.StatusOK, &tokens) == nil {
			newest.Store(&tokens)
		}
		return login, err
	}, isLimited)
	left := 0
	await(t, "the oldest sessions end", func() error {
		sessions, err := suite.api.WithTokens(*newest.Load()).Do(t.Context(), "GET", "/sessions", nil)
		if err != nil {
			return err
		}
		var list client.List[struct{}]
		if err := sessions.Decode(http.StatusOK, &list); err != nil {
			return err
		}
		if left = len(list.Data); left > maxSessions {
			return fmt.Errorf("%d sessions", left)
		}
		return nil
	})
	pass := a.problems["rate_limited"] > 0 && a.accepted() >= maxSessions && left > 0 && left <= maxSessions
	a.end(fmt.Sprintf("%d of %d logins", a.accepted(), a.requests), fmt.Sprintf("refused above %d in an hour", maxSessions), pass, "Logins are counted by the stream.")
}
