package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

func TestPingPong(t *testing.T) {
	t.Parallel()
	pong := customer(t).connect().ask(object{"action": "ping"}, "pong")
	if at, err := time.Parse(time.RFC3339, pong.At); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("pong: got at %q, want the time", pong.At)
	}
}

// say sends a message over a socket and waits for its ack.
func (l line) say(ticketID, text string) (client.Frame, object) {
	l.t.Helper()
	frame := object{"action": "message", "ticketId": ticketID, "clientId": client.NewID(), "body": text}
	l.send(frame)
	return l.awaitAck(frame), frame
}

func (l line) awaitAck(frame object) client.Frame {
	l.t.Helper()
	return l.await("an ack", func(f client.Frame) bool { return f.Type == "ack" && f.ClientID == frame["clientId"] })
}

func TestMessagesTravelLive(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	mine, second, theirs := me.connect(), me.connect(), agent.connect()
	answer := theirs.subscribe(ticket.ID)
	same(t, "subscribed.topic", answer.Topic, "ticket:"+ticket.ID)
	same(t, "subscribed.lastSeq", answer.LastSeq, 1)
	mine.subscribe(ticket.ID)
	second.subscribe(ticket.ID)

	ack, frame := mine.say(ticket.ID, "over the wire")
	same(t, "ack.ticketId", ack.TicketID, ticket.ID)
	same(t, "ack.seq", ack.Seq, 2)
	for name, other := range map[string]line{"agent": theirs, "author's other socket": second} {
		entry := other.awaitEntry(ticket.ID, 2)
		same(t, name+": body", entry.Body, "over the wire")
		same(t, name+": kind", entry.Kind, "message")
		same(t, name+": author.id", entry.Author.ID, me.User.ID)
		same(t, name+": clientId", entry.ClientID, frame["clientId"].(string))
	}
	entry := agent.post(ticket.ID, "over HTTP", nil)
	for name, other := range map[string]line{"customer": mine, "customer's other socket": second, "author's socket": theirs} {
		pushed := other.awaitEntry(ticket.ID, 3)
		same(t, name+": entry", text(pushed), text(entry))
	}
	stored := me.history(ticket.ID)
	same(t, "seqs", fmt.Sprint(seqs(stored)), "[1 2 3]")
	same(t, "stored clientId", stored[1].ClientID, ack.ClientID)
	for _, frame := range mine.Seen() {
		if frame.Type == "entry" && frame.Entry.Seq == 2 {
			t.Errorf("sending socket: got %s, want the ack alone", frame.Raw)
		}
	}
}

func TestHeadFollowsThroughTheStream(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	mine := me.connect()
	mine.subscribe(ticket.ID)
	entry := agent.post(ticket.ID, "hello", nil)
	mine.await("the head", func(f client.Frame) bool {
		return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == entry.Seq
	})
}

func TestFrameSentTwiceIsStoredOnce(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	mine := me.connect()
	first, frame := mine.say(ticket.ID, "once")
	mine.send(frame)
	second := mine.awaitAck(frame)
	same(t, "seq of the second ack", second.Seq, first.Seq)

	body := object{"clientId": frame["clientId"], "body": "once"}
	var entry client.Entry
	me.must(200, "POST", "/tickets/"+ticket.ID+"/messages", body, &entry)
	same(t, "seq of the repeat by HTTP", entry.Seq, first.Seq)

	body["clientId"] = client.NewID()
	me.must(201, "POST", "/tickets/"+ticket.ID+"/messages", body, &entry)
	frame["clientId"] = body["clientId"]
	mine.send(frame)
	same(t, "seq of the repeat by socket", mine.awaitAck(frame).Seq, entry.Seq)
	same(t, "entries", len(me.history(ticket.ID)), 3)
}

func TestEventsOfOnesOwnTicketsArriveUnasked(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	mine := me.connect()
	mine.ask(object{"action": "ping"}, "pong")
	ticket := me.open(nil)
	agent.post(ticket.ID, "Hello", nil)
	same(t, "pushed body", mine.awaitEntry(ticket.ID, 2).Body, "Hello")
	agent.change(ticket.ID, "status", object{"status": "resolved"})
	same(t, "pushed kind", mine.awaitEntry(ticket.ID, 3).Kind, "status")
}

func TestNotesReachStaffSocketsOnly(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	ticket := me.open(nil)
	mine, theirs := me.connect(), colleague.connect()
	mine.subscribe(ticket.ID)
	theirs.subscribe(ticket.ID)
	note := agent.post(ticket.ID, "secret-note", object{"internal": true})
	same(t, "note to a colleague", theirs.awaitEntry(ticket.ID, note.Seq).Kind, "note")
	open := agent.post(ticket.ID, "public", nil)
	mine.awaitEntry(ticket.ID, open.Seq)
	mine.await("the head", func(f client.Frame) bool { return f.Type == "head" && f.Seq == open.Seq })
	replay := mine.ask(object{"action": "subscribe", "topic": "ticket:" + ticket.ID, "after": 1}, "subscribed")
	same(t, "replay for the customer", fmt.Sprint(seqs(replay.Entries)), fmt.Sprint([]int{open.Seq}))
	for _, frame := range mine.Seen() {
		if strings.Contains(frame.Raw, "secret-note") || frame.Seq == note.Seq {
			t.Errorf("customer's socket: got %s, want no sign of the note", frame.Raw)
		}
	}
}

func TestCustomersSendNoNotes(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	id := client.NewID()
	answer := me.connect().ask(object{"action": "message", "ticketId": ticket.ID, "clientId": id, "body": "x", "internal": true}, "error")
	same(t, "problem.status", problemOf(t, answer).Status, 403)
	same(t, "error.clientId", answer.ClientID, id)
}

// problemOf is the complete problem in an error frame.
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

func TestReplayAfterReconnect(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
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
	replay := second.ask(topic, "subscribed")
	same(t, "replayed seqs", fmt.Sprint(seqs(replay.Entries)), "[3 4 5]")
	same(t, "replay.lastSeq", replay.LastSeq, 5)
	same(t, "replay.hasMore", replay.HasMore, false)
	topic["after"] = 5
	same(t, "entries of a replay from the end", len(second.ask(topic, "subscribed").Entries), 0)
}

func TestLongReplayIsCutAtAHundred(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	mine := me.connect()
	for i := range 105 {
		mine.say(ticket.ID, fmt.Sprintf("message %d", i))
	}
	topic := object{"action": "subscribe", "topic": "ticket:" + ticket.ID, "after": 1}
	replay := mine.ask(topic, "subscribed")
	if len(replay.Entries) == 0 || len(replay.Entries) > 100 {
		t.Fatalf("replay: got %d entries, want 1 to 100", len(replay.Entries))
	}
	same(t, "replay.hasMore", replay.HasMore, true)
	same(t, "replay.lastSeq", replay.LastSeq, 106)
	want := fmt.Sprint(between(2, len(replay.Entries)+1))
	same(t, "replayed seqs", fmt.Sprint(seqs(replay.Entries)), want)
}

func TestUnsubscribeEndsThePush(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	ticket := me.open(nil)
	left, stays := agent.connect(), colleague.connect()
	left.subscribe(ticket.ID)
	stays.subscribe(ticket.ID)
	me.post(ticket.ID, "one", nil)
	left.awaitEntry(ticket.ID, 2)
	topic := "ticket:" + ticket.ID
	same(t, "unsubscribed.topic", left.ask(object{"action": "unsubscribe", "topic": topic}, "unsubscribed").Topic, topic)
	me.post(ticket.ID, "two", nil)
	stays.awaitEntry(ticket.ID, 3)
	stays.await("the head", func(f client.Frame) bool { return f.Type == "head" && f.TicketID == ticket.ID && f.Seq == 3 })
	left.ask(object{"action": "ping"}, "pong")
	for _, frame := range left.Seen() {
		if frame.Type == "entry" && frame.Entry.TicketID == ticket.ID && frame.Entry.Seq == 3 {
			t.Errorf("after unsubscribe: got %s, want nothing of the ticket", frame.Raw)
		}
	}
}

func TestQueueShowsTicketsToStaff(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	watch := colleague.connect()
	same(t, "subscribed.topic", watch.ask(object{"action": "subscribe", "topic": "queue"}, "subscribed").Topic, "queue")
	ticket := me.open(object{"title": "On the queue"})
	onQueue := func(what string, wanted func(client.Ticket) bool) {
		t.Helper()
		watch.await(what, func(f client.Frame) bool {
			return f.Type == "ticket" && f.Ticket != nil && f.Ticket.ID == ticket.ID && wanted(*f.Ticket)
		})
	}
	onQueue("a new ticket", func(found client.Ticket) bool {
		return found.Title == "On the queue" && found.Status == "new" && found.Customer != nil && found.Customer.ID == me.User.ID
	})
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	onQueue("a claimed ticket", func(found client.Ticket) bool {
		return found.Assignee != nil && found.Assignee.ID == agent.User.ID && found.Status == "open"
	})
	me.change(ticket.ID, "close", nil)
	onQueue("a closed ticket", func(found client.Ticket) bool { return found.Status == "closed" })
}
