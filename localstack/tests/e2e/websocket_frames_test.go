package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

func TestFrame_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	mine := me.connect()
	message := func(changes string) string {
		return `{"action":"message","ticketId":"` + ticket.ID + `","clientId":"` + client.NewID() + `",` + changes + `}`
	}
	for _, text := range []string{
		`not json`, `{`, `[]`, `"text"`, `5`, `null`, `{}`, ` `,
		`{"action":"explode"}`, `{"action":5}`, `{"action":null}`, `{"Action":"ping"}`,
		`{"action":"message"}`, `{"action":"message","ticketId":5,"clientId":"x","body":"y"}`,
		message(`"body":7`), message(`"body":""`), message(`"body":"\u0000"`), message(`"body":"x","color":"red"`),
		message(`"body":"x","after":"one"`), message(`"body":"x","internal":"yes"`), message(`"body":"x","attachmentIds":["nope"]`),
		`{"action":"message","ticketId":"` + ticket.ID + `","clientId":"short","body":"x"}`,
		`{"action":"subscribe"}`, `{"action":"subscribe","topic":5}`, `{"action":"subscribe","topic":"weather"}`,
		`{"action":"subscribe","topic":"ticket:"}`, `{"action":"subscribe","topic":"ticket:` + ticket.ID + `","after":-1}`,
		`{"action":"unsubscribe"}`, `{"action":"typing"}`, `{"action":"read","ticketId":"` + ticket.ID + `"}`,
		`{"action":"read","ticketId":"` + ticket.ID + `","seq":"1"}`, `{"action":"typing","ticketId":[]}`,
	} {
		if err := mine.Send(t.Context(), client.Raw(text)); err != nil {
			t.Fatalf("frame %s: %v", text, err)
		}
		response, err := mine.Await(t.Context(), "an error frame for "+text, func(f client.Frame) bool { return f.Type == "error" })
		if problem := problemOf(t, must(t, response, err)); problem.Status >= 500 {
			t.Errorf("frame %s: got %s, want a 4xx", text, response.Raw)
		}
	}
	mine.request(object{"action": "ping"}, "pong")
	equal(t, "entries after bad frames", len(me.history(ticket.ID)), 1)
}

func TestFrame_Binary(t *testing.T) {
	t.Parallel()
	mine := customer(t).connect()
	if err := mine.SendBinary(t.Context(), []byte{0, 1, 2, 0xff}); err != nil {
		t.Fatal(err)
	}
	response := mine.await("an error frame", func(f client.Frame) bool { return f.Type == "error" })
	problemOf(t, response)
	mine.request(object{"action": "ping"}, "pong")
}

func TestFrame_TooLarge(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	mine, other := me.connect(), me.connect()
	frame := object{"action": "message", "ticketId": ticket.ID, "clientId": client.NewID(), "body": strings.Repeat("x", 33<<10)}
	if err := mine.Send(t.Context(), frame); err != nil {
		t.Logf("send: %v", err) // the server may have closed the socket already
	}
	code, err := mine.AwaitClose(t.Context())
	equal(t, "close code of a frame over 32 KiB", must(t, code, err), 1009)
	other.request(object{"action": "ping"}, "pong")
	equal(t, "entries", len(me.history(ticket.ID)), 1)
}

func TestFrame_ForeignTicket(t *testing.T) {
	t.Parallel()
	owner, me := customer(t), customer(t)
	ticket := owner.openTicket(nil)
	theirs, mine := owner.connect(), me.connect()
	theirs.subscribe(ticket.ID)
	for _, id := range []string{ticket.ID, client.NewID()} {
		for _, frame := range []object{
			{"action": "subscribe", "topic": "ticket:" + id},
			{"action": "message", "ticketId": id, "clientId": client.NewID(), "body": "let me in"},
			{"action": "read", "ticketId": id, "seq": 1},
			{"action": "typing", "ticketId": id},
		} {
			response := mine.request(frame, "error")
			equal(t, fmt.Sprint(frame["action"], ": problem.status"), problemOf(t, response).Status, 404)
			if sent, has := frame["clientId"]; has {
				equal(t, "error.clientId", response.ClientID, sent.(string))
			}
		}
	}
	response := mine.request(object{"action": "subscribe", "topic": "queue"}, "error")
	if status := problemOf(t, response).Status; status != 403 && status != 404 {
		t.Errorf("queue for a customer: got %d, want 403 or 404", status)
	}
	owner.post(ticket.ID, "private", nil)
	theirs.awaitEntry(ticket.ID, 2)
	mine.request(object{"action": "ping"}, "pong")
	for _, frame := range mine.Frames() {
		if strings.Contains(frame.Raw, "private") {
			t.Errorf("other user's socket: got %s, want no frame of the ticket", frame.Raw)
		}
	}
	equal(t, "entries", len(owner.history(ticket.ID)), 2)
}

func TestTypingAndRead(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine, second, theirs := me.connect(), me.connect(), agent.connect()
	mine.subscribe(ticket.ID)
	theirs.subscribe(ticket.ID)

	mine.send(object{"action": "typing", "ticketId": ticket.ID})
	typing := theirs.await("typing", func(f client.Frame) bool { return f.Type == "typing" && f.TicketID == ticket.ID })
	if typing.User == nil || *typing.User != (client.Author{ID: me.Profile.ID, Name: me.Profile.Name, Role: "user"}) {
		t.Errorf("typing: got %s, want the customer as user", typing.Raw)
	}
	entry := agent.post(ticket.ID, "Hello", nil)
	mine.awaitEntry(ticket.ID, entry.Seq)
	mine.send(object{"action": "read", "ticketId": ticket.ID, "seq": entry.Seq})
	read := theirs.await("read", func(f client.Frame) bool { return f.Type == "read" && f.TicketID == ticket.ID })
	equal(t, "read.seq", read.Seq, entry.Seq)
	own := second.await("one's own read without a subscription", func(f client.Frame) bool { return f.Type == "read" && f.TicketID == ticket.ID })
	equal(t, "own read.seq", own.Seq, entry.Seq)
	if read.User == nil || read.User.ID != me.Profile.ID {
		t.Errorf("read: got %s, want the customer as user", read.Raw)
	}
	eventually(t, "unread after a read frame", func() error {
		if got := me.detail(ticket.ID).Ticket.Unread; got != 0 {
			return mismatch("unread", got, 0)
		}
		return nil
	})
	mine.request(object{"action": "ping"}, "pong")
	for _, frame := range mine.Frames() {
		if frame.Type == "typing" {
			t.Errorf("typing socket: got %s, want no frame of its own typing", frame.Raw)
		}
	}
	reply := agent.post(ticket.ID, "Hello again", nil)
	agent.mustCall(204, "POST", "/tickets/"+ticket.ID+"/read", object{"seq": reply.Seq}, nil)
	theirs.await("one's own read over HTTP, on the only connection", func(f client.Frame) bool {
		return f.Type == "read" && f.User.ID == agent.Profile.ID && f.Seq == reply.Seq
	})
}

func TestTyping_WithoutSubscription(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine, theirs := me.connect(), agent.connect()
	theirs.subscribe(ticket.ID)
	mine.send(object{"action": "typing", "ticketId": ticket.ID})
	theirs.await("typing", func(f client.Frame) bool { return f.Type == "typing" && f.TicketID == ticket.ID })
}

// TestFrames_DeletedTicket checks that actions on a ticket that was deleted do nothing for its
// other subscribers.
func TestFrames_DeletedTicket(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine, theirs := me.connect(), agent.connect()
	mine.subscribe(ticket.ID)
	theirs.subscribe(ticket.ID)
	for _, socket := range []wsConn{mine, theirs} {
		socket.await("both are present", func(f client.Frame) bool { return f.Type == "presence" && len(f.Users) == 2 })
	}
	staff(t, adminPhone).mustCall(204, "DELETE", "/tickets/"+ticket.ID, nil, nil)
	theirs.await("gone", func(f client.Frame) bool { return f.Type == "gone" && f.TicketID == ticket.ID })
	before := len(theirs.Frames())
	typing := mine.request(object{"action": "typing", "ticketId": ticket.ID}, "error")
	equal(t, "typing: code", typing.Problem.Code, "ticket_not_found")
	mine.request(object{"action": "unsubscribe", "topic": "ticket:" + ticket.ID}, "unsubscribed")
	theirs.request(object{"action": "ping"}, "pong")
	for _, f := range theirs.Frames()[before:] {
		if f.Type == "typing" || f.Type == "presence" {
			t.Errorf("the other subscriber: got %s", f.Raw)
		}
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine := me.connect()
	mine.subscribe(ticket.ID)
	wantPresent := func(what string, wanted ...testUser) {
		t.Helper()
		mine.await(what, func(f client.Frame) bool {
			found := map[string]bool{}
			for _, user := range f.Users {
				found[user.ID] = true
			}
			for _, user := range wanted {
				if !found[user.Profile.ID] {
					return false
				}
			}
			return f.Type == "presence" && f.TicketID == ticket.ID && len(found) == len(wanted)
		})
	}
	wantPresent("the customer is alone", me)
	theirs := agent.connect()
	theirs.subscribe(ticket.ID)
	wantPresent("both are present", me, agent)
	theirs.request(object{"action": "unsubscribe", "topic": "ticket:" + ticket.ID}, "unsubscribed")
	wantPresent("the agent is absent", me)

	theirs.subscribe(ticket.ID)
	wantPresent("the agent is present again", me, agent)
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	wantPresent("the agent's socket is closed", me)
}

// TestConcurrentWriters_HTTPAndWebSocket checks the main guarantee: messages sent
// concurrently and repeatedly over HTTP and WebSocket are stored exactly once, without
// gaps.
func TestConcurrentWriters_HTTPAndWebSocket(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	const writers, messages = 8, 10
	var all sync.WaitGroup
	for w := range writers {
		user := me
		if w%4 >= 2 {
			user = agent
		}
		if w%2 == 0 {
			all.Go(func() { writeByHTTP(user, ticket.ID, w, messages) })
			continue
		}
		socket := user.connect()
		all.Go(func() { writeBySocket(socket, ticket.ID, w, messages) })
	}
	all.Wait()
	if t.Failed() {
		return
	}
	entries := agent.history(ticket.ID)
	equal(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(seqRange(1, 1+writers*messages)))
	times := map[string]int{}
	for _, entry := range entries[1:] {
		times[entry.Body]++
	}
	for w := range writers {
		for m := range messages {
			body := fmt.Sprintf("writer %d message %d", w, m)
			equal(t, "copies of "+body, times[body], 1)
		}
	}
	eventually(t, "the ticket reaches the end of the log", func() error {
		if got := me.detail(ticket.ID).Ticket; got.LastSeq != 1+writers*messages || got.Status != "open" {
			return mismatch("ticket", fmt.Sprint(got.LastSeq, got.Status), fmt.Sprint(1+writers*messages, "open"))
		}
		return nil
	})
}

// writeByHTTP posts messages, each twice. It runs in a goroutine, so it must not end
// the test.
func writeByHTTP(user testUser, ticketID string, writer, messages int) {
	after := 1
	for m := range messages {
		body := object{"clientId": client.NewID(), "body": fmt.Sprintf("writer %d message %d", writer, m), "after": after}
		seq := 0
		for _, want := range []int{201, 200} {
			response, err := user.Do(user.t.Context(), "POST", "/tickets/"+ticketID+"/messages", body)
			var entry client.Entry
			if err == nil {
				err = response.Decode(want, &entry)
			}
			if err != nil {
				user.t.Error(err)
				return
			}
			if seq != 0 && entry.Seq != seq {
				user.t.Error(mismatch("seq of the repeat", entry.Seq, seq))
			}
			seq = entry.Seq
		}
		after = seq
	}
}

// writeBySocket sends messages, each twice without waiting in between.
func writeBySocket(socket wsConn, ticketID string, writer, messages int) {
	for m := range messages {
		frame := object{"action": "message", "ticketId": ticketID, "clientId": client.NewID(), "body": fmt.Sprintf("writer %d message %d", writer, m)}
		var acked []int
		for range 2 {
			if err := socket.Send(socket.t.Context(), frame); err != nil {
				socket.t.Error(err)
				return
			}
		}
		for range 2 {
			ack, err := socket.Await(socket.t.Context(), "an ack", func(f client.Frame) bool {
				return f.Type == "ack" && f.ClientID == frame["clientId"]
			})
			if err != nil {
				socket.t.Error(err)
				return
			}
			acked = append(acked, ack.Seq)
		}
		if acked[0] != acked[1] {
			socket.t.Error(mismatch("seqs of one frame's two acks", acked, "one seq"))
		}
	}
}
