package ws_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestPublishNotification checks that only connections of the owner get a notification, in
// their language.
func TestPublishNotification(t *testing.T) {
	fx := newFixture(t)
	n := notification.Notification{ID: aULID, UserID: rezaID, Kind: notification.KindReply, TicketID: oneID, Title: "The parcel", Body: "We look", Author: "Ali", CreatedAt: fx.now}
	if err := fx.handler.Publisher.PublishNotification(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if len(fx.frames) != 1 || fx.frames[0].to != "reza1" || fx.frames[0].body["type"] != "notification" {
		t.Fatalf("got %+v, want one frame to reza1", fx.frames)
	}
	if got := fx.frames[0].field("notification", "title"); got != "پاسخ تازه: The parcel" {
		t.Errorf("got title %v", got)
	}
}

// TestPublishAttachments checks that the state of an attachment is pushed to those who may
// read its entry, and has the entry's position.
func TestPublishAttachments(t *testing.T) {
	for kind, want := range map[ticket.Kind][]string{ticket.KindMessage: {"ali1", "sara1", "sara2"}, ticket.KindNote: {"ali1"}} {
		fx := newFixture(t)
		tk := fx.ticketLog(oneID).Ticket
		tk.State.AssigneeID = aliID
		e := ticket.Entry{TicketID: oneID, Seq: 4, Kind: kind}
		must(fx.handler.Publisher.PublishAttachments(t.Context(), tk, e, []ticket.Attachment{{ID: aULID, Name: "a.png", State: "ready"}}))
		var got []string
		for _, f := range fx.frames {
			got = append(got, f.to)
			if text := fmt.Sprint(f.body); text != fmt.Sprintf("map[id:%s seq:4 state:ready ticketId:%s type:attachment]", aULID, oneID) {
				t.Errorf("%s: got %s", kind, text)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: got frames to %q, want %q", kind, got, want)
		}
	}
}

// TestPublishTicketChange_Hint checks who learns of new entries: each connection that may see one of
// them, once, with the entry before it that the subscriber may see; not the only one of a user who has
// read it.
func TestPublishTicketChange_Hint(t *testing.T) {
	before := ticket.Ticket{LastSeq: 4, PublicSeq: 4, Revision: 2}
	after := ticket.Ticket{LastSeq: 7, PublicSeq: 6, Revision: 3, State: ticket.State{AssigneeID: aliID}}
	note, moved, read, readByAgent, created := after, after, after, after, after
	note.PublicSeq = 4
	moved.LastSeq, moved.PublicSeq = 4, 4
	read.Readers = map[string]ticket.Reader{saraID: {Read: 6}, aliID: {Read: 6}}
	readByAgent.Readers = map[string]ticket.Reader{aliID: {Read: 7}}
	created.Revision = 1
	handedOver := before
	handedOver.State.AssigneeID = rezaID
	for name, c := range map[string]struct {
		before, after ticket.Ticket
		want          string
	}{
		"entries":                    {before, after, "map[ali1:7 4 7 sara1:6 4 6 sara2:6 4 6]"},
		"a note":                     {before, note, "map[ali1:7 4 7]"},
		"no new entry":               {before, moved, "map[]"},
		"read on one of two devices": {before, read, "map[ali1:7 4 7 sara1:6 4 6 sara2:6 4 6]"},
		"read on the only device":    {before, readByAgent, "map[sara1:6 4 6 sara2:6 4 6]"},
		"a new ticket":               {ticket.Ticket{}, created, "map[ali1:7 0 7 sara1:6 0 6 sara2:6 0 6]"},
		"the former assignee's role": {handedOver, after, "map[ali1:7 4 7 sara1:6 4 6 sara2:6 4 6]"}, // Reza is no agent any more
	} {
		fx := newFixture(t)
		c.after.ID, c.after.Customer.ID = oneID, saraID
		must(fx.handler.Publisher.PublishTicketChange(t.Context(), c.before, c.after))
		got := map[string]string{}
		for _, f := range fx.frames {
			got[f.to] = fmt.Sprint(f.body["seq"], f.body["prev"], f.body["version"])
		}
		if len(fx.frames) != len(got) || fmt.Sprint(got) != c.want {
			t.Errorf("%s: got %v, want %s", name, fx.frames, c.want)
		}
	}
}

// TestPublishTicketChange_AssigneeOnQueue checks that a connection of the assignee on the queue gets
// the ticket, and a hint only if it subscribes to the ticket itself.
func TestPublishTicketChange_AssigneeOnQueue(t *testing.T) {
	for _, c := range []struct{ topics, want []string }{
		{[]string{realtime.QueueTopic}, []string{"ticket"}},
		{[]string{realtime.TicketTopic(oneID), realtime.QueueTopic}, []string{"ticket", "head"}},
		{[]string{realtime.TicketTopic(oneID)}, []string{"head"}},
	} {
		fx := newFixture(t)
		for _, topic := range c.topics {
			connection, _, err := fx.Connection(t.Context(), "ali1")
			must(err)
			_, err = fx.Subscribe(t.Context(), connection, topic)
			must(err)
		}
		tk := fx.ticketLog(oneID).Ticket
		tk.State.AssigneeID, tk.Revision = aliID, 2
		before := tk
		before.LastSeq--
		must(fx.handler.Publisher.PublishTicketChange(t.Context(), before, tk))
		var got []string
		for _, f := range fx.frames {
			if f.to == "ali1" {
				got = append(got, fmt.Sprint(f.body["type"]))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("on %v: got %v, want %v", c.topics, got, c.want)
		}
	}
}

// TestPublishReadMarker_Own checks that the reader's other connections get the marker without a
// subscription, and a customer's no position of a note. The connection that has read the ticket knows it.
func TestPublishReadMarker_Own(t *testing.T) {
	for _, c := range []struct {
		reader     user.Principal
		connection string
		public     int
		want       string
	}{
		{sara, "", 2, "[sara1 2 sara2 2]"}, {sara, "sara1", 2, "[sara2 2]"}, {sara, "sara0", 2, "[sara1 2 sara2 2]"}, {sara, "", 0, "[]"},
		{ali, "", 2, "[ali1 3]"}, {ali, "ali1", 2, "[]"},
	} {
		fx := newFixture(t)
		marker := ticket.ReadMarker{TicketID: oneID, Reader: ticket.Author{ID: c.reader.UserID, Role: c.reader.Role}, Seq: 3, Connection: c.connection}
		must(fx.handler.Publisher.PublishReadMarker(t.Context(), fx.ticketLog(oneID).Ticket, marker, c.public))
		got := []string{}
		for _, f := range fx.frames {
			got = append(got, fmt.Sprint(f.to, " ", f.body["seq"]))
		}
		if slices.Sort(got); fmt.Sprint(got) != c.want {
			t.Errorf("%s by %q, %d: got %v, want %s", c.reader.Name, c.connection, c.public, got, c.want)
		}
	}
}

// TestPublishEntry_Language checks that each connection gets an entry in its language.
func TestPublishEntry_Language(t *testing.T) {
	fx := newFixture(t)
	tk := fx.ticketLog(oneID).Ticket
	tk.Customer.ID, tk.State.AssigneeID = rezaID, aliID
	e := ticket.Entry{TicketID: oneID, Seq: 4, Kind: ticket.KindCategory, Change: &ticket.Change{
		Field: "category", From: billingID, To: aULID, FromNames: map[string]string{"en": "Billing", "fa": "مالی"}, Names: map[string]string{"en": "Other", "fa": "دیگر"},
	}}
	fx.handler.Publisher.PublishEntry(t.Context(), tk, e, "")
	got := map[string]string{}
	for _, f := range fx.frames {
		got[f.to] = fmt.Sprint(f.field("entry", "change", "fromName"), " ", f.field("entry", "change", "toName"))
	}
	if want := map[string]string{"ali1": "Billing Other", "reza1": "مالی دیگر"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestPublishUnread checks that all connections of the user, and no others, get the count.
func TestPublishUnread(t *testing.T) {
	fx := newFixture(t)
	must(fx.handler.Publisher.PublishUnread(t.Context(), rezaID, 0))
	if len(fx.frames) != 1 || fx.frames[0].to != "reza1" || fx.frames[0].body["type"] != "notifications" || fx.frames[0].body["unread"] != 0.0 {
		t.Errorf("got %+v, want one frame to reza1", fx.frames)
	}
}

// TestPublishBroadcast checks that a broadcast is pushed to its author, who still is an
// administrator.
func TestPublishBroadcast(t *testing.T) {
	fx := newFixture(t)
	b := broadcast.Broadcast{ID: aULID, AuthorID: "mina", State: broadcast.Sending, Total: 45, CreatedAt: fx.now}
	for id, role := range map[string]user.Role{"mina1": user.RoleAdmin, "mina2": user.RoleSupport} {
		fx.open(id, user.Principal{UserID: "mina", Role: role}, fx.now)
	}
	must(fx.handler.Publisher.PublishBroadcast(t.Context(), b))
	if len(fx.frames) != 1 || fx.frames[0].to != "mina1" || fx.frames[0].body["type"] != "broadcast" || fx.frames[0].field("broadcast", "state") != "sending" {
		t.Errorf("got %+v, want one frame to mina1", fx.frames)
	}
	for userID, want := range map[string]bool{"mina": true, "nobody": false} {
		if got, err := fx.handler.Publisher.IsConnected(t.Context(), userID); err != nil || got != want {
			t.Errorf("%s: got connected %v, %v", userID, got, err)
		}
	}
}

// TestPublishGone checks who is told that a ticket was deleted: its customer, its
// subscribers and those of the queue, each connection once.
func TestPublishGone(t *testing.T) {
	fx := newFixture(t)
	tk := fx.ticketLog(oneID).Ticket
	connection, _, err := fx.Connection(t.Context(), "ali1")
	must(err)
	_, err = fx.Subscribe(t.Context(), connection, realtime.QueueTopic)
	must(err)
	must(fx.handler.Publisher.PublishGone(t.Context(), tk))
	var to []string
	for _, f := range fx.frames {
		to = append(to, fmt.Sprint(f.to, " ", f.body["type"], " ", f.body["ticketId"]))
	}
	slices.Sort(to)
	if want := []string{"ali1 gone " + oneID, "sara1 gone " + oneID, "sara2 gone " + oneID}; !slices.Equal(to, want) {
		t.Errorf("got %q, want %q", to, want)
	}
}

// TestEndSubscriptions checks that the subscribers of a deleted ticket get no typing and presence
// frames of each other, and keep their other subscriptions.
func TestEndSubscriptions(t *testing.T) {
	fx := newFixture(t)
	for _, id := range []string{"ali1", "sara1"} {
		connection, _, err := fx.Connection(t.Context(), id)
		must(err)
		_, err = fx.Subscribe(t.Context(), connection, realtime.TicketTopic(oneID))
		must(err)
	}
	for range 2 {
		must(fx.handler.Publisher.EndSubscriptions(t.Context(), oneID))
	}
	for topic, want := range map[string]int{realtime.TicketTopic(oneID): 0, realtime.UserTopic(saraID): 2} {
		if got, err := fx.Subscribers(t.Context(), topic); err != nil || len(got) != want {
			t.Errorf("%s: got %v, %v, want %d subscribers", topic, got, err, want)
		}
	}
	if c, _, err := fx.Connection(t.Context(), "sara1"); err != nil || slices.Contains(c.Topics, realtime.TicketTopic(oneID)) {
		t.Errorf("got topics %q, %v", c.Topics, err)
	}
	fx.frames = nil
	fx.handler.Publisher.PublishPresence(t.Context(), oneID, realtime.Connection{ID: "left"})
	if len(fx.frames) != 0 {
		t.Errorf("got %v, want no frames", fx.frames)
	}
}

// TestPublishTicketChange_Queue checks that the queue gets no frame for a ticket that looks the same or
// is not listed yet.
func TestPublishTicketChange_Queue(t *testing.T) {
	fx := newFixture(t)
	connection, _, err := fx.Connection(t.Context(), "ali1")
	must(err)
	_, err = fx.Subscribe(t.Context(), connection, realtime.QueueTopic)
	must(err)
	with := func(tk ticket.Ticket, revision int, reader string, unread int) ticket.Ticket {
		tk.Revision, tk.Readers = revision, map[string]ticket.Reader{reader: {Read: 1, Unread: unread}}
		return tk
	}
	tk := fx.ticketLog(oneID).Ticket
	moved := tk
	moved.State.Status = ticket.StatusPending
	for name, c := range map[string]struct {
		before, after ticket.Ticket
		frames        int
	}{
		"new":                     {with(tk, 0, saraID, 0), with(tk, 1, saraID, 0), 0},
		"listed":                  {with(tk, 1, saraID, 0), with(tk, 2, saraID, 0), 1},
		"the customer has read":   {with(tk, 2, saraID, 3), with(tk, 3, saraID, 0), 0},
		"another agent has read":  {with(tk, 2, rezaID, 3), with(tk, 3, rezaID, 0), 0},
		"the subscriber has read": {with(tk, 2, aliID, 3), with(tk, 3, aliID, 0), 1},
		"another status":          {with(tk, 2, saraID, 0), with(moved, 3, saraID, 0), 1},
	} {
		fx.frames = nil
		must(fx.handler.Publisher.PublishTicketChange(t.Context(), c.before, c.after))
		if len(fx.frames) != c.frames {
			t.Errorf("%s: got %v, want %d frames", name, fx.frames, c.frames)
		}
	}
}

// publishAll pushes one frame of every kind about a ticket of Sara that is assigned to Reza, and
// returns the frames by connection: "sara1: entry".
func (fx *fixture) publishAll(t *testing.T) []string {
	t.Helper()
	fx.frames = nil
	tk := fx.ticketLog(oneID).Ticket
	tk.State.AssigneeID = rezaID
	e := ticket.Entry{TicketID: oneID, Seq: 4, Kind: ticket.KindMessage, Author: ticket.Author{ID: saraID, Role: user.RoleUser}, Body: "secret"}
	note, handover, listed := e, e, tk
	listed.Revision = 2
	note.Kind = ticket.KindNote
	handover.Kind, handover.Change = ticket.KindAssignment, &ticket.Change{Field: "assignee", From: rezaID, To: aliID}
	publisher := fx.handler.Publisher
	for _, one := range []ticket.Entry{e, note, handover} {
		publisher.PublishEntry(t.Context(), tk, one, "")
		must(publisher.PublishAttachments(t.Context(), tk, one, []ticket.Attachment{{ID: aULID, State: "ready"}}))
	}
	for _, assignee := range []string{rezaID, aliID} {
		before := ticket.Ticket{State: ticket.State{AssigneeID: assignee}}
		must(publisher.PublishTicketChange(t.Context(), before, listed))
	}
	must(publisher.PublishCounts(t.Context(), stats.NewSnapshot(fx.now)))
	must(publisher.PublishGone(t.Context(), tk))
	must(publisher.PublishUnread(t.Context(), rezaID, 1))
	must(publisher.PublishReadMarker(t.Context(), tk, ticket.ReadMarker{TicketID: oneID, Seq: 2}, 2))
	must(publisher.PublishNotification(t.Context(), notification.Notification{ID: aULID, UserID: rezaID, TicketID: oneID, CreatedAt: fx.now}))
	publisher.PublishPresence(t.Context(), oneID, realtime.Connection{ID: "left"})
	frames := fx.frames
	fx.send(t, fx.handler.Typing(fx.tickets), "ali1", `{"action":"typing","ticketId":"`+oneID+`"}`)
	fx.frames = append(frames, fx.frames...)
	var pushed []string
	for _, f := range fx.frames {
		pushed = append(pushed, fmt.Sprint(f.to, ": ", f.body["type"]))
	}
	return pushed
}

// TestPublisher_DemotedAssignee checks that an assignee who is no agent any more gets no frame of
// the ticket on a connection that was opened since.
func TestPublisher_DemotedAssignee(t *testing.T) {
	fx := newFixture(t)
	for _, frame := range fx.publishAll(t) {
		if frame != "reza1: notification" && frame != "reza1: notifications" && frame[:5] == "reza1" {
			t.Errorf("got %q", frame)
		}
	}
}

// TestPublisher_Revoked checks that a connection gets no frame at all once its access was
// revoked, also if it was not closed, and that presence does not list its user.
func TestPublisher_Revoked(t *testing.T) {
	agent := user.Principal{UserID: rezaID, Role: user.RoleSupport, Name: "Reza", Session: "s2"}
	for name, revoke := range map[string]func(fx *fixture){
		"demoted": func(fx *fixture) {
			must(fx.AddRevocation(t.Context(), rezaID, user.Revocation{At: fx.now, Role: user.RoleUser}))
		},
		"disabled":    func(fx *fixture) { must(fx.AddRevocation(t.Context(), rezaID, user.Revocation{At: fx.now})) },
		"session end": func(fx *fixture) { must(fx.AddRevocation(t.Context(), "s2", user.Revocation{At: fx.now})) },
	} {
		fx := newFixture(t)
		fx.open("reza2", agent, fx.now)
		fx.open("reza3", agent, fx.now) // not on the queue
		for _, c := range []realtime.Connection{{ID: "reza2", Principal: agent, ExpiresAt: fx.now.Add(time.Hour)}, {ID: "sara1", Principal: sara, ExpiresAt: fx.now.Add(time.Hour)}} {
			for _, topic := range []string{realtime.TicketTopic(oneID), realtime.QueueTopic} {
				if _, err := fx.Subscribe(t.Context(), c, topic); err != nil {
					t.Fatal(err)
				}
			}
		}
		before := fx.publishAll(t)
		for _, kind := range []string{"entry", "ticket", "read", "notification", "presence", "typing", "attachment", "counts"} {
			if !slices.Contains(before, "reza2: "+kind) {
				t.Errorf("%s: before: got %v, want a %s frame to reza2", name, before, kind)
			}
		}
		if !slices.Contains(before, "reza3: head") {
			t.Errorf("%s: before: got %v, want a head frame to reza3", name, before)
		}
		if slices.Contains(before, "sara1: counts") || slices.Contains(before, "sara1: ticket") {
			t.Errorf("%s: a customer on the topic of the queue got a ticket frame", name)
		}
		revoke(fx)
		fx.now = fx.now.Add(10 * time.Second) // the cached revocations are outdated
		for _, frame := range fx.publishAll(t) {
			if frame[:5] == "reza2" || frame[:5] == "reza3" {
				t.Errorf("%s: got %q", name, frame)
			}
		}
		for _, f := range fx.frames {
			if f.body["type"] == "presence" && fmt.Sprint(f.body["users"]) != "[map[id:"+saraID+" name:Sara role:user]]" {
				t.Errorf("%s: got presence %v", name, f.body["users"])
			}
		}
	}
}
