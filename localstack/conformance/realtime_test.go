package conformance

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

func newConnection(who user.Principal) realtime.Connection {
	now := wiring.Now()
	return realtime.Connection{ID: newID(), Who: who, OpenedAt: now, ExpiresAt: now.Add(time.Hour).Truncate(time.Second)}
}

func TestPasses(t *testing.T) {
	who := user.Principal{UserID: newID(), Role: user.RoleAdmin, Name: "Ali", Phone: "+989120000000", Locale: "fa", Session: newID()}
	hash := newID()
	must(t, open().AddPass(t.Context(), hash, who, wiring.Now().Add(30*time.Second)))
	got, found, err := open().TakePass(t.Context(), hash)
	if err != nil || !found || got != who {
		t.Errorf("got %+v, %v, %v, want %+v", got, found, err, who)
	}
	if _, found, err := open().TakePass(t.Context(), hash); err != nil || found {
		t.Errorf("again: got found %v, %v", found, err)
	}
	must(t, open().AddPass(t.Context(), hash, who, wiring.Now().Add(30*time.Second)))
	if _, found, err := later(31*time.Second).TakePass(t.Context(), hash); err != nil || found {
		t.Errorf("expired: got found %v, %v", found, err)
	}
}

func TestConnections(t *testing.T) {
	want := newConnection(agent("Ali"))
	if _, found, err := open().Connection(t.Context(), want.ID); err != nil || found {
		t.Errorf("before: got found %v, %v", found, err)
	}
	must(t, open().AddConnection(t.Context(), want))
	got, found, err := open().Connection(t.Context(), want.ID)
	if err != nil || !found {
		t.Fatalf("got found %v, %v", found, err)
	}
	same(t, "connection", got, want)
	if _, found, err := later(2*time.Hour).Connection(t.Context(), want.ID); err != nil || found {
		t.Errorf("expired: got found %v, %v", found, err)
	}
	for _, want := range []bool{true, false} {
		if _, found, err := open().RemoveConnection(t.Context(), got.ID); err != nil || found != want {
			t.Errorf("removed: got %v, %v, want %v", found, err, want)
		}
	}
}

// watching tells who watches a topic, by connection.
func watching(t *testing.T, topic string) []string {
	t.Helper()
	watchers, err := open().Watchers(t.Context(), topic)
	must(t, err)
	var ids []string
	for _, w := range watchers {
		ids = append(ids, w.ConnectionID)
	}
	slices.Sort(ids)
	return ids
}

func TestWatchers(t *testing.T) {
	a, b := newConnection(agent("Ali")), newConnection(customer("Sara"))
	one, two := realtime.TicketTopic(newID()), realtime.TicketTopic(newID())
	for _, c := range []realtime.Connection{a, b} {
		must(t, open().AddConnection(t.Context(), c))
		for _, topic := range []string{one, two, one} { // twice is once
			if open, err := open().Watch(t.Context(), c, topic); err != nil || !open {
				t.Fatalf("watch: got %v, %v", open, err)
			}
		}
	}
	same(t, "both", watching(t, one), []string{a.ID, b.ID})
	held, _, err := open().Connection(t.Context(), a.ID)
	must(t, err)
	slices.Sort(held.Topics)
	topics := []string{one, two}
	slices.Sort(topics)
	same(t, "topics", held.Topics, topics)
	got, err := open().Watchers(t.Context(), one)
	must(t, err)
	same(t, "watcher", got[0], realtime.Watcher{Topic: one, ConnectionID: a.ID, UserID: a.Who.UserID, Name: "Ali", Role: user.RoleSupport, Locale: "en"})

	for range 2 {
		must(t, open().Unwatch(t.Context(), a.ID, one))
	}
	same(t, "after one has left", watching(t, one), []string{b.ID})
	removed, found, err := open().RemoveConnection(t.Context(), a.ID)
	if err != nil || !found {
		t.Fatalf("remove: got %v, %v", found, err)
	}
	same(t, "its topics", removed.Topics, []string{two})
	same(t, "after the connection has gone", watching(t, two), []string{b.ID})
	if open, err := open().Watch(t.Context(), a, one); err != nil || open {
		t.Errorf("watch when gone: got %v, %v", open, err)
	}
	same(t, "nobody was added", watching(t, one), []string{b.ID})
	if late, err := later(2*time.Hour).Watchers(t.Context(), one); err != nil || len(late) != 0 {
		t.Errorf("expired: got %+v, %v", late, err)
	}
}

// TestForgetGone: a connection that cannot be reached goes with its watchers,
// unless its handshake may still be under way.
func TestForgetGone(t *testing.T) {
	for _, c := range []struct {
		name   string
		before time.Duration // what counts as old enough
		lost   bool          // the connection has forgotten its topics
		kept   bool
	}{
		{"old", time.Minute, false, false},
		{"just opened", -time.Minute, false, true},
		{"a watcher its connection does not know of", time.Minute, true, false},
	} {
		conn, topic := newConnection(agent("Ali")), realtime.TicketTopic(newID())
		must(t, open().AddConnection(t.Context(), conn))
		if open, err := open().Watch(t.Context(), conn, topic); err != nil || !open {
			t.Fatalf("watch: got %v, %v", open, err)
		}
		if c.lost {
			must(t, open().AddConnection(t.Context(), conn))
			if _, _, err := open().RemoveConnection(t.Context(), conn.ID); err != nil {
				t.Fatal(err)
			}
		}
		must(t, open().ForgetGone(t.Context(), conn.ID, topic, conn.OpenedAt.Add(c.before)))
		_, found, err := open().Connection(t.Context(), conn.ID)
		if watchers := watching(t, topic); err != nil || found != c.kept || (len(watchers) > 0) != c.kept {
			t.Errorf("%s: got found %v, watchers %v, %v, want kept %v", c.name, found, watchers, err, c.kept)
		}
	}
}
