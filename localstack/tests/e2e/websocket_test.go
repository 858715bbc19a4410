package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

func TestPingPong(t *testing.T) {
	t.Parallel()
	pong := customer(t).connect().request(object{"action": "ping"}, "pong")
	if at, err := time.Parse(time.RFC3339, pong.At); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("pong: got at %q, want the time", pong.At)
	}
}

// TestMessage_ReopensInAck checks that the sender of a message learns that it reopened the ticket.
func TestMessage_ReopensInAck(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.change(ticket.ID, "status", object{"status": "resolved"})
	ack, _ := me.connect().sendMessage(ticket.ID, "not yet")
	state, err := ack.TicketState()
	if err != nil || ack.Change == nil || ack.Change.Field != "status" || state.Status != "open" || ack.Prev != 2 || ack.Version != 3 {
		t.Errorf("got %s, want the change from resolved to open after entry 2", ack.Raw)
	}
}

// sendMessage sends a message over the socket and waits for its ack.
func (c wsConn) sendMessage(ticketID, text string) (client.Frame, object) {
	c.t.Helper()
	frame := object{"action": "message", "ticketId": ticketID, "clientId": client.NewID(), "body": text}
	c.send(frame)
	return c.awaitAck(frame), frame
}

func (c wsConn) awaitAck(frame object) client.Frame {
	c.t.Helper()
	return c.await("an ack", func(f client.Frame) bool { return f.Type == "ack" && f.ClientID == frame["clientId"] })
}

func TestMessage_PushedLive(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine, second, theirs := me.connect(), me.connect(), agent.connect()
	response := theirs.subscribe(ticket.ID)
	equal(t, "subscribed.topic", response.Topic, "ticket:"+ticket.ID)
	equal(t, "subscribed.lastSeq", response.LastSeq, 1)
	mine.subscribe(ticket.ID)
	second.subscribe(ticket.ID)

	ack, frame := mine.sendMessage(ticket.ID, "over the wire")
	equal(t, "ack.ticketId", ack.TicketID, ticket.ID)
	equal(t, "ack.seq", ack.Seq, 2)
	for name, other := range map[string]wsConn{"agent": theirs, "author's other socket": second} {
		entry := other.awaitEntry(ticket.ID, 2)
		equal(t, name+": body", entry.Body, "over the wire")
		equal(t, name+": kind", entry.Kind, "message")
		equal(t, name+": author.id", entry.Author.ID, me.Profile.ID)
		equal(t, name+": clientId", entry.ClientID, frame["clientId"].(string))
	}
	entry := agent.post(ticket.ID, "over HTTP", nil)
	for name, other := range map[string]wsConn{"customer": mine, "customer's other socket": second, "author's socket": theirs} {
		pushed := other.awaitEntry(ticket.ID, 3)
		equal(t, name+": entry", toJSON(pushed), toJSON(entry))
	}
	stored := me.history(ticket.ID)
	equal(t, "seqs", fmt.Sprint(seqs(stored)), "[1 2 3]")
	equal(t, "stored clientId", stored[1].ClientID, ack.ClientID)
	for _, frame := range mine.Frames() {
		if frame.Type == "entry" && frame.Entry.Seq == 2 {
			t.Errorf("sending socket: got %s, want only the ack", frame.Raw)
		}
	}
}

func TestEntryHint_FromStream(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	mine := me.connect()
	mine.subscribe(ticket.ID)
	entry := agent.post(ticket.ID, "hello", nil)
	mine.await("the head frame", func(f client.Frame) bool {
		return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == entry.Seq
	})
}

func TestMessageFrame_Idempotent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	mine := me.connect()
	first, frame := mine.sendMessage(ticket.ID, "once")
	mine.send(frame)
	second := mine.awaitAck(frame)
	equal(t, "seq of the second ack", second.Seq, first.Seq)

	body := object{"clientId": frame["clientId"], "body": "once"}
	var entry client.Entry
	me.mustCall(200, "POST", "/tickets/"+ticket.ID+"/messages", body, &entry)
	equal(t, "seq of the repeat by HTTP", entry.Seq, first.Seq)

	body["clientId"] = client.NewID()
	me.mustCall(201, "POST", "/tickets/"+ticket.ID+"/messages", body, &entry)
	frame["clientId"] = body["clientId"]
	mine.send(frame)
	equal(t, "seq of the repeat by socket", mine.awaitAck(frame).Seq, entry.Seq)
	equal(t, "entries", len(me.history(ticket.ID)), 3)
}

func TestPush_OwnTicketsWithoutSubscription(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	mine := me.connect()
	mine.request(object{"action": "ping"}, "pong")
	ticket := me.openTicket(nil)
	agent.post(ticket.ID, "Hello", nil)
	equal(t, "pushed body", mine.awaitEntry(ticket.ID, 2).Body, "Hello")
	agent.change(ticket.ID, "status", object{"status": "resolved"})
	equal(t, "pushed kind", mine.awaitEntry(ticket.ID, 3).Kind, "status")
}

func TestPush_NotesStaffOnly(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	ticket := me.openTicket(nil)
	mine, theirs := me.connect(), colleague.connect()
	mine.subscribe(ticket.ID)
	theirs.subscribe(ticket.ID)
	note := agent.post(ticket.ID, "secret-note", object{"internal": true})
	equal(t, "note to a colleague", theirs.awaitEntry(ticket.ID, note.Seq).Kind, "note")
	open := agent.post(ticket.ID, "public", nil)
	for _, c := range []struct {
		conn wsConn
		prev int
	}{{mine, 1}, {theirs, note.Seq}} {
		for _, kind := range []string{"entry", "head"} {
			frame := c.conn.await(kind+" of the public message", func(f client.Frame) bool {
				return f.Type == kind && (f.Seq == open.Seq || f.Entry != nil && f.Entry.Seq == open.Seq)
			})
			// One hint announces all the entries that the stored ticket takes at once.
			if kind == "entry" || frame.Prev != 1 {
				equal(t, kind+".prev", frame.Prev, c.prev)
			}
			equal(t, kind+".version", fmt.Sprint(frame.Version), fmt.Sprint(me.detail(ticket.ID).Ticket.Version))
		}
	}
	equal(t, "history of the customer", fmt.Sprint(seqs(me.history(ticket.ID))), fmt.Sprint([]int{1, open.Seq}))
	replay := mine.request(object{"action": "subscribe", "topic": "ticket:" + ticket.ID, "after": 1}, "subscribed")
	equal(t, "replay for the customer", fmt.Sprint(seqs(replay.Entries)), fmt.Sprint([]int{open.Seq}))
	for _, frame := range mine.Frames() {
		if strings.Contains(frame.Raw, "secret-note") || frame.Seq == note.Seq {
			t.Errorf("customer's socket: got %s, want no frame of the note", frame.Raw)
		}
	}
}

func TestMessageFrame_CustomerNoteForbidden(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	id := client.NewID()
	response := me.connect().request(object{"action": "message", "ticketId": ticket.ID, "clientId": id, "body": "x", "internal": true}, "error")
	equal(t, "problem.status", problemOf(t, response).Status, 403)
	equal(t, "error.clientId", response.ClientID, id)
}

// problemOf returns the problem in an error frame, which must be complete.
func problemOf(t *testing.T, frame client.Frame) client.Problem {
	t.Helper()
	if frame.Problem == nil {
		t.Fatalf("error frame: got %s, want a problem in it", frame.Raw)
	}
	if problem := *frame.Problem; problem.Title == "" || problem.Code == "" || problem.Status < 400 {
		t.Errorf("error frame: got %s, want title, code and status", frame.Raw)
	}
	return *frame.Problem
}

func TestSubscribe_ReplaysMissedEntries(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	first := me.connect()
	first.subscribe(ticket.ID)
	agent.post(ticket.ID, "seen", nil)
	first.awaitEntry(ticket.ID, 2)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		agent.post(ticket.ID, fmt.Sprintf("missed %d", i), nil)
	}
	second := me.connect()
	topic := object{"action": "subscribe", "topic": "ticket:" + ticket.ID, "after": 2}
	replay := second.request(topic, "subscribed")
	equal(t, "replayed seqs", fmt.Sprint(seqs(replay.Entries)), "[3 4 5]")
	equal(t, "replay.lastSeq", replay.LastSeq, 5)
	equal(t, "replay.hasMore", replay.HasMore, false)
	topic["after"] = 5
	equal(t, "entries of a replay from the end", len(second.request(topic, "subscribed").Entries), 0)
}

func TestSubscribe_ReplayLimit(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	mine := me.connect()
	for i := range 105 {
		mine.sendMessage(ticket.ID, fmt.Sprintf("message %d", i))
	}
	topic := object{"action": "subscribe", "topic": "ticket:" + ticket.ID, "after": 1}
	replay := mine.request(topic, "subscribed")
	if len(replay.Entries) == 0 || len(replay.Entries) > 100 {
		t.Fatalf("replay: got %d entries, want 1 to 100", len(replay.Entries))
	}
	equal(t, "replay.hasMore", replay.HasMore, true)
	equal(t, "replay.lastSeq", replay.LastSeq, 106)
	want := fmt.Sprint(seqRange(2, len(replay.Entries)+1))
	equal(t, "replayed seqs", fmt.Sprint(seqs(replay.Entries)), want)
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	ticket := me.openTicket(nil)
	left, kept := agent.connect(), colleague.connect()
	left.subscribe(ticket.ID)
	kept.subscribe(ticket.ID)
	me.post(ticket.ID, "one", nil)
	left.awaitEntry(ticket.ID, 2)
	topic := "ticket:" + ticket.ID
	equal(t, "unsubscribed.topic", left.request(object{"action": "unsubscribe", "topic": topic}, "unsubscribed").Topic, topic)
	me.post(ticket.ID, "two", nil)
	kept.awaitEntry(ticket.ID, 3)
	kept.await("the head frame", func(f client.Frame) bool { return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == 3 })
	left.request(object{"action": "ping"}, "pong")
	for _, frame := range left.Frames() {
		if frame.Type == "entry" && frame.Entry.TicketID == ticket.ID && frame.Entry.Seq == 3 {
			t.Errorf("after unsubscribe: got %s, want no frame of the ticket", frame.Raw)
		}
	}
}

func TestSubscribe_Queue(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	subscriber := colleague.connect()
	equal(t, "subscribed.topic", subscriber.request(object{"action": "subscribe", "topic": "queue"}, "subscribed").Topic, "queue")
	ticket := me.openTicket(object{"title": "On the queue"})
	onQueue := func(what string, wanted func(client.Ticket) bool) {
		t.Helper()
		subscriber.await(what, func(f client.Frame) bool {
			return f.Type == "ticket" && f.Ticket != nil && f.Ticket.ID == ticket.ID && wanted(*f.Ticket)
		})
	}
	onQueue("a new ticket", func(found client.Ticket) bool {
		return found.Title == "On the queue" && found.Status == "new" && found.Customer != nil && found.Customer.ID == me.Profile.ID
	})
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	onQueue("a claimed ticket", func(found client.Ticket) bool {
		return found.Assignee != nil && found.Assignee.ID == agent.Profile.ID && found.Status == "open"
	})
	me.change(ticket.ID, "close", nil)
	onQueue("a closed ticket", func(found client.Ticket) bool { return found.Status == "closed" })
}
