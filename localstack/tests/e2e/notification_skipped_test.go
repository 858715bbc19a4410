package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// TestNotification_SkippedWhenRead checks that no SMS is sent for an entry read over a
// socket.
func TestNotification_SkippedWhenRead(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	conn := me.connect()
	ticket := me.openTicket(nil)
	conn.subscribe(ticket.ID)
	agent.post(ticket.ID, "hello", nil)
	entry := conn.awaitEntry(ticket.ID, 2)
	conn.send(object{"action": "read", "ticketId": ticket.ID, "seq": entry.Seq})
	n := me.awaitNotifications(1)[0]
	equal(t, "SMS", deliveryOutcome(n, "sms"), "skipped read")
	equal(t, "texts", len(me.sentTexts()), 0)
}

// TestNotification_ClosedByCustomer checks that a customer who closes a resolved ticket
// gets no SMS that it is resolved.
func TestNotification_ClosedByCustomer(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.change(ticket.ID, "status", object{"status": "resolved"})
	me.change(ticket.ID, "close", nil)
	n := me.awaitNotifications(1)[0]
	// A stack under load may send before the customer closes the ticket.
	if outcome := deliveryOutcome(n, "sms"); outcome != "skipped outdated" && outcome != "sent" || outcome != "sent" && len(me.sentTexts()) > 0 {
		t.Errorf("got %s, %q", outcome, me.sentTexts())
	}
}

// TestNotification_ReadWithTicket checks that reading a ticket over HTTP or a socket
// marks its notifications as read, and that all sockets of the user get the count.
func TestNotification_ReadWithTicket(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	phone, laptop := me.connect(), me.connect()
	ticket, other := me.openTicket(nil), me.openTicket(nil)
	for range 2 {
		agent.post(ticket.ID, "hello", nil)
	}
	agent.post(other.ID, "hello", nil)
	unread := func(want int) {
		t.Helper()
		eventually(t, fmt.Sprint(want, " unread"), func() error {
			if _, got := me.notifications(""); got != want {
				return mismatch("unread", got, want)
			}
			return nil
		})
	}
	unread(3)
	me.mustCall(204, "POST", "/tickets/"+ticket.ID+"/read", object{"seq": 2}, nil)
	unread(2)
	phone.send(object{"action": "read", "ticketId": ticket.ID, "seq": 3})
	unread(1)
	for _, conn := range []wsConn{phone, laptop} {
		for want := 2; want > 0; want-- {
			conn.await(fmt.Sprint("the count ", want), func(f client.Frame) bool {
				return f.Type == "notifications" && strings.Contains(f.Raw, fmt.Sprintf(`"unread":%d`, want))
			})
		}
	}
}

// TestNotification_DeletedTicket checks that the notifications of a deleted ticket are
// removed, and that all who see the ticket in a list are told.
func TestNotification_DeletedTicket(t *testing.T) {
	t.Parallel()
	me, agent, boss := customer(t), support(t), seededAdmin(t)
	own, queue := me.connect(), agent.connect()
	queue.send(object{"action": "subscribe", "topic": "queue"})
	queue.await("the subscription", func(f client.Frame) bool { return f.Type == "subscribed" && f.Topic == "queue" })
	ticket := me.openTicket(nil)
	queue.subscribe(ticket.ID)
	agent.post(ticket.ID, "hello", nil)
	me.awaitNotifications(1)
	boss.mustCall(204, "DELETE", "/tickets/"+ticket.ID, nil, nil)
	for name, conn := range map[string]wsConn{"the customer": own, "the agent": queue} {
		conn.await("the frame to "+name, func(f client.Frame) bool { return f.Type == "gone" && f.TicketID == ticket.ID })
	}
	// A subscriber gets no answer to typing; the subscription has ended.
	eventually(t, "typing is refused", func() error {
		queue.send(object{"action": "typing", "ticketId": ticket.ID})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := queue.Await(ctx, "the refusal", func(f client.Frame) bool { return f.Type == "error" && strings.Contains(f.Raw, "ticket_not_found") })
		return err
	})
	eventually(t, "no notification", func() error {
		if list, unread := me.notifications(""); len(list) != 0 || unread != 0 {
			return mismatch("notifications", toJSON(list), "none")
		}
		return nil
	})
}
