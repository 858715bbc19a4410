package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

// notices are a person's notifications, newest first, with the number of
// unread ones.
func (a actor) notices(query string) ([]client.Notification, int) {
	a.t.Helper()
	page, err := a.Notifications(a.t.Context(), query)
	got(a.t, page, err)
	return page.Data, page.Unread
}

// awaitNotices waits until a person has that many notifications, and until
// nothing is left to be sent of them.
func (a actor) awaitNotices(n int) []client.Notification {
	a.t.Helper()
	var list []client.Notification
	eventually(a.t, fmt.Sprint(n, " notifications"), func() error {
		list, _ = a.notices("limit=100")
		if len(list) != n {
			return wrong("notifications", len(list), n)
		}
		for _, one := range list {
			for channel, d := range one.Deliveries {
				if d.State == "queued" || d.State == "sending" || d.State == "failed" {
					return wrong(channel+" of "+one.Title, d.State, "sent or skipped")
				}
			}
		}
		return nil
	})
	return list
}

// told are the texts of notifications sent to a person's number.
func (a actor) told() []string {
	a.t.Helper()
	texts, err := suite.api.Texts(a.t.Context(), a.User.Phone)
	got(a.t, texts, err)
	return slices.DeleteFunc(texts, func(text string) bool { _, err := client.CodeIn(text); return err == nil })
}

func outcome(n client.Notification, channel string) string {
	d := n.Deliveries[channel]
	return strings.TrimSpace(d.State + " " + d.Reason)
}

// TestRepliesAreToldOnce: an answer, a status and nothing else, in the app and
// by SMS, once, however often the answer was posted.
func TestRepliesAreToldOnce(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	line := me.connect()
	ticket := me.open(object{"title": "The parcel"})
	me.post(ticket.ID, "anybody?", nil)
	again := object{"clientId": client.NewID(), "body": "We look into it."}
	agent.must(201, "POST", "/tickets/"+ticket.ID+"/messages", again, nil)
	agent.must(200, "POST", "/tickets/"+ticket.ID+"/messages", again, nil)
	agent.post(ticket.ID, "not for you", object{"internal": true})
	agent.change(ticket.ID, "status", object{"status": "on_hold"})
	agent.change(ticket.ID, "status", object{"status": "resolved"})

	list := me.awaitNotices(2)
	same(t, "kinds", list[0].Kind+" "+list[1].Kind, "status reply")
	same(t, "title", list[1].Title, "New reply: The parcel")
	if !strings.Contains(list[1].Body, "We look into it.") || list[1].TicketID != ticket.ID || list[1].Read {
		t.Errorf("the reply: got %+v", list[1])
	}
	for _, n := range list {
		same(t, n.Kind+": SMS", outcome(n, "sms"), "sent")
		same(t, n.Kind+": mail", outcome(n, "email"), "skipped no_address")
		pushed := line.await("the notification "+n.ID, func(f client.Frame) bool { return f.Type == "notification" && f.Notification.ID == n.ID })
		same(t, "pushed title", pushed.Notification.Title, n.Title)
	}
	texts := me.told()
	slices.Sort(texts)
	same(t, "texts", fmt.Sprint(len(texts)), "2")
	if !strings.Contains(texts[0], "has answered your ticket "+ticket.Number) || !strings.Contains(texts[1], ticket.Number+" is now resolved") {
		t.Errorf("got %q", texts)
	}
	me.change(ticket.ID, "close", nil) // one's own deed
	agent.change(ticket.ID, "reopen", nil)
	list = me.awaitNotices(3)
	same(t, "the newest", list[0].Title, "Open: The parcel")
}

// TestChoicesOfChannels: who wants no SMS gets none; texts are in the person's
// language.
func TestChoicesOfChannels(t *testing.T) {
	t.Parallel()
	me, other, agent := customer(t), customer(t), support(t)
	me.must(200, "PATCH", "/profile", object{"notifications": object{"sms": false, "email": false}}, nil)
	other.must(200, "PATCH", "/profile", object{"locale": "fa", "email": "not-mine@example.com"}, nil)
	mine, theirs := me.open(nil), other.open(nil)
	agent.post(mine.ID, "hello", nil)
	agent.post(theirs.ID, "سلام", nil)
	n := me.awaitNotices(1)[0]
	same(t, "mail", outcome(n, "email"), "skipped choice")
	same(t, "SMS", outcome(n, "sms"), "skipped choice")
	same(t, "texts", len(me.told()), 0)
	n = other.awaitNotices(1)[0]
	same(t, "mail to an address that is not confirmed", outcome(n, "email"), "skipped unverified")
	same(t, "Persian", strings.Join(other.told(), "|"), "پشتیبانی به تیکت "+theirs.Number+" شما پاسخ داد.\nتیکت‌سیستم")
	var page client.NotificationPage
	other.must(200, "GET", "/notifications", nil, &page, client.Header("Accept-Language", "fa"))
	same(t, "title", page.Data[0].Title, "پاسخ تازه: "+theirs.Title)
}

// TestNoTextForWhatWasRead on an open socket.
func TestNoTextForWhatWasRead(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	line := me.connect()
	ticket := me.open(nil)
	line.subscribe(ticket.ID)
	agent.post(ticket.ID, "hello", nil)
	entry := line.awaitEntry(ticket.ID, 2)
	line.send(object{"action": "read", "ticketId": ticket.ID, "seq": entry.Seq})
	n := me.awaitNotices(1)[0]
	same(t, "SMS", outcome(n, "sms"), "skipped read")
	same(t, "texts", len(me.told()), 0)
}

// TestAssignmentsAreTold to the one who got the ticket, unless he took it.
func TestAssignmentsAreTold(t *testing.T) {
	t.Parallel()
	me, agent, second := customer(t), support(t), support2(t)
	ticket := me.open(nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	agent.change(ticket.ID, "assign", object{"assigneeId": second.User.ID})
	of := func(a actor) (found []client.Notification) {
		list, _ := a.notices("limit=100")
		for _, n := range list {
			if n.TicketID == ticket.ID {
				found = append(found, n)
			}
		}
		return found
	}
	eventually(t, "the assignment", func() error {
		if list := of(second); len(list) != 1 || list[0].Kind != "assignment" {
			return wrong("notifications", text(list), "one assignment")
		}
		return nil
	})
	same(t, "told of one's own deed", len(of(agent)), 0)
	list, unread := me.notices("")
	same(t, "of the customer", fmt.Sprint(len(list), unread), "0 0")
}

// TestReadingNotifications: some, all, twice; the count and the pages follow.
func TestReadingNotifications(t *testing.T) {
	t.Parallel()
	me, agent, other := customer(t), support(t), customer(t)
	me.must(200, "PATCH", "/profile", object{"notifications": object{"sms": false}}, nil)
	ticket := me.open(nil)
	for i := range 5 {
		agent.post(ticket.ID, fmt.Sprint("answer ", i), nil)
	}
	list := me.awaitNotices(5)
	var page client.NotificationPage
	me.get("/notifications?limit=2", &page)
	same(t, "hasMore", fmt.Sprint(len(page.Data), page.Page.HasMore, page.Unread), "2 true 5")
	second := client.NotificationPage{}
	me.get("/notifications?limit=3&cursor="+page.Page.Next, &second)
	same(t, "second page", text(second.Data), text(list[2:]))
	same(t, "second page's end", fmt.Sprint(second.Page.HasMore, second.Unread), "false 5")

	for range 2 {
		me.must(204, "POST", "/notifications/read", object{"ids": []string{list[0].ID, list[3].ID, client.NewID()}}, nil)
	}
	other.must(204, "POST", "/notifications/read", object{"ids": []string{list[1].ID}}, nil)
	eventually(t, "three are unread", func() error {
		unread, n := me.notices("unread=true")
		if len(unread) != 3 || n != 3 || unread[0].ID != list[1].ID {
			return wrong("unread", text(unread), "the others")
		}
		return nil
	})
	me.must(204, "POST", "/notifications/read", object{"all": true}, nil)
	eventually(t, "all are read", func() error {
		if unread, n := me.notices("unread=true"); len(unread) != 0 || n != 0 {
			return wrong("unread", n, 0)
		}
		return nil
	})
	agent.post(ticket.ID, "one more", nil)
	eventually(t, "one is new", func() error {
		if list, n := me.notices(""); len(list) != 6 || n != 1 || list[0].Read || !list[1].Read {
			return wrong("unread", n, 1)
		}
		return nil
	})
	for _, body := range []object{{}, {"all": false}, {"ids": []string{}}, {"ids": []string{"x"}}, {"all": true, "ids": []string{list[0].ID}}} {
		refused(t, me.call("POST", "/notifications/read", body), 422)
	}
	refused(t, me.call("GET", "/notifications?unread=maybe", nil), 400)
	refused(t, me.call("GET", "/notifications?cursor=x", nil), 400)
	refused(t, anybody(t, "GET", "/notifications", nil), 401)
}

// TestKilledDeliveriesAreNotLost: whoever sends is killed again and again, and
// every answer is still told. Only the local stack can kill.
func TestKilledDeliveriesAreNotLost(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	const answers = 6
	for i := range answers {
		agent.post(ticket.ID, fmt.Sprint("answer ", i), nil)
		suite.local.Kill("delivery-send")
		suite.local.Kill("stream-deliver")
		suite.local.Kill("stream-project")
	}
	for _, n := range me.awaitNotices(answers) {
		same(t, n.Body, outcome(n, "sms"), "sent")
	}
	if texts := me.told(); len(texts) < answers {
		t.Errorf("got %d texts, want %d", len(texts), answers)
	}
}
