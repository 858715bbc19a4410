package conformance

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

func newConnection(actor user.Principal) realtime.Connection {
	now := app.Now()
	return realtime.Connection{ID: newID(), Principal: actor, OpenedAt: now, ExpiresAt: now.Add(time.Hour).Truncate(time.Second)}
}

func TestConnectTokens(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		actor := user.Principal{UserID: newID(), Role: user.RoleAdmin, Name: "Ali", PhoneVersion: 7, Locale: "fa", Session: newID()}
		hash := newID()
		must(t, db.open().PutConnectToken(t.Context(), hash, actor, app.Now().Add(30*time.Second)))
		got, found, err := db.open().ConsumeConnectToken(t.Context(), hash)
		if err != nil || !found || got != actor {
			t.Errorf("got %+v, %v, %v, want %+v", got, found, err, actor)
		}
		if _, found, err := db.open().ConsumeConnectToken(t.Context(), hash); err != nil || found {
			t.Errorf("again: got found %v, %v", found, err)
		}
		must(t, db.open().PutConnectToken(t.Context(), hash, actor, app.Now().Add(30*time.Second)))
		if _, found, err := db.after(31*time.Second).ConsumeConnectToken(t.Context(), hash); err != nil || found {
			t.Errorf("expired: got found %v, %v", found, err)
		}
	})
}

func TestConnections(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		want := newConnection(agent("Ali"))
		if _, found, err := db.open().Connection(t.Context(), want.ID); err != nil || found {
			t.Errorf("before: got found %v, %v", found, err)
		}
		want.Topics = []string{realtime.UserTopic(newID())}
		must(t, db.open().AddConnection(t.Context(), want))
		equal(t, "subscribers", subscribersOf(t, db, want.Topics[0]), []string{want.ID})
		got, found, err := db.open().Connection(t.Context(), want.ID)
		if err != nil || !found {
			t.Fatalf("got found %v, %v", found, err)
		}
		equal(t, "connection", got, want)
		if _, found, err := db.after(2*time.Hour).Connection(t.Context(), want.ID); err != nil || found {
			t.Errorf("expired: got found %v, %v", found, err)
		}
		for _, want := range []bool{true, false} {
			if _, found, err := db.open().DeleteConnection(t.Context(), got.ID); err != nil || found != want {
				t.Errorf("removed: got %v, %v, want %v", found, err, want)
			}
		}
	})
}

// subscribersOf returns the ids of the connections subscribed to a topic.
func subscribersOf(t *testing.T, db backend, topic string) []string {
	t.Helper()
	subscribers, err := db.open().Subscribers(t.Context(), topic)
	must(t, err)
	var ids []string
	for _, sub := range subscribers {
		ids = append(ids, sub.ConnectionID)
	}
	slices.Sort(ids)
	return ids
}

func TestSubscribers(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		a, b := newConnection(agent("Ali")), newConnection(customer("Sara"))
		one, two := realtime.TicketTopic(newID()), realtime.TicketTopic(newID())
		for _, c := range []realtime.Connection{a, b} {
			must(t, db.open().AddConnection(t.Context(), c))
			for _, topic := range []string{one, two, one} { // subscribing twice has no further effect
				if open, err := db.open().Subscribe(t.Context(), c, topic); err != nil || !open {
					t.Fatalf("subscribe: got %v, %v", open, err)
				}
			}
		}
		equal(t, "both", subscribersOf(t, db, one), []string{a.ID, b.ID})
		existing, _, err := db.open().Connection(t.Context(), a.ID)
		must(t, err)
		slices.Sort(existing.Topics)
		topics := []string{one, two}
		slices.Sort(topics)
		equal(t, "topics", existing.Topics, topics)
		got, err := db.open().Subscribers(t.Context(), one)
		must(t, err)
		if since := app.Now().Sub(got[0].SubscribedAt); since < 0 || since > time.Minute {
			t.Errorf("subscribed %v ago", since)
		}
		got[0].SubscribedAt = time.Time{}
		equal(t, "subscriber", got[0], realtime.Subscriber{Topic: one, ConnectionID: a.ID, Principal: a.Principal})

		for range 2 {
			must(t, db.open().Unsubscribe(t.Context(), a.ID, one))
		}
		equal(t, "after one unsubscribed", subscribersOf(t, db, one), []string{b.ID})
		removed, found, err := db.open().DeleteConnection(t.Context(), a.ID)
		if err != nil || !found {
			t.Fatalf("remove: got %v, %v", found, err)
		}
		equal(t, "its topics", removed.Topics, []string{two})
		equal(t, "after the connection was deleted", subscribersOf(t, db, two), []string{b.ID})
		if open, err := db.open().Subscribe(t.Context(), a, one); err != nil || open {
			t.Errorf("subscribe after delete: got %v, %v", open, err)
		}
		equal(t, "nothing was added", subscribersOf(t, db, one), []string{b.ID})
		if late, err := db.after(2*time.Hour).Subscribers(t.Context(), one); err != nil || len(late) != 0 {
			t.Errorf("expired: got %+v, %v", late, err)
		}
	})
}

// TestDeleteStaleConnection checks that an unreachable connection is deleted with its
// subscriptions, unless it may still be connecting.
func TestDeleteStaleConnection(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for _, c := range []struct {
			name   string
			before time.Duration // minimum age
			lost   bool          // the connection item does not list the topic
			kept   bool
		}{
			{"old", time.Minute, false, false},
			{"just opened", -time.Minute, false, true},
			{"a subscription unknown to its connection", time.Minute, true, false},
		} {
			conn, topic := newConnection(agent("Ali")), realtime.TicketTopic(newID())
			must(t, db.open().AddConnection(t.Context(), conn))
			if open, err := db.open().Subscribe(t.Context(), conn, topic); err != nil || !open {
				t.Fatalf("subscribe: got %v, %v", open, err)
			}
			if c.lost {
				must(t, db.open().AddConnection(t.Context(), conn))
				if _, _, err := db.open().DeleteConnection(t.Context(), conn.ID); err != nil {
					t.Fatal(err)
				}
			}
			must(t, db.open().DeleteStaleConnection(t.Context(), conn.ID, topic, conn.OpenedAt.Add(c.before)))
			_, found, err := db.open().Connection(t.Context(), conn.ID)
			if subscribers := subscribersOf(t, db, topic); err != nil || found != c.kept || (len(subscribers) > 0) != c.kept {
				t.Errorf("%s: got found %v, subscribers %v, %v, want kept %v", c.name, found, subscribers, err, c.kept)
			}
		}
	})
}
