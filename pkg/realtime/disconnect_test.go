package realtime_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// fakeCloser records closed connections. Those in gone are reported as gone.
type fakeCloser struct{ closed, gone []string }

func (c *fakeCloser) Close(_ context.Context, id string) error {
	c.closed = append(c.closed, id)
	if slices.Contains(c.gone, id) {
		return realtime.ErrGone
	}
	return nil
}

// openSockets stores connections c0, c1, … of sara, each a second younger.
func openSockets(t *testing.T, n int) *memstore.Store {
	t.Helper()
	store := memstore.New(now)
	for i := range n {
		c := realtime.Connection{ID: fmt.Sprintf("c%d", i), Principal: user.Principal{UserID: "sara", Session: "s"}, OpenedAt: noon.Add(time.Duration(i) * time.Second), ExpiresAt: noon.Add(time.Hour)}
		if err := store.AddConnection(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Subscribe(t.Context(), c, realtime.UserTopic("sara")); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// TestCloseOldest checks which sockets are closed after one was opened, also if its
// subscription is not stored yet or it has been closed already.
func TestCloseOldest(t *testing.T) {
	for name, c := range map[string]struct {
		opened int
		before func(*memstore.Store) error
		want   []string
	}{
		"at the limit":       {3, nil, nil},
		"one more":           {4, nil, []string{"c0"}},
		"three more":         {6, nil, []string{"c2", "c1", "c0"}},
		"not subscribed yet": {4, func(s *memstore.Store) error { return s.Unsubscribe(t.Context(), "c3", realtime.UserTopic("sara")) }, []string{"c0"}},
		"closed already":     {4, func(s *memstore.Store) error { _, _, err := s.DeleteConnection(t.Context(), "c3"); return err }, nil},
	} {
		store, closer := openSockets(t, c.opened), &fakeCloser{}
		if c.before != nil {
			if err := c.before(store); err != nil {
				t.Fatal(err)
			}
		}
		d := realtime.Disconnector{Store: store, Closer: closer}
		if err := d.CloseOldest(t.Context(), "sara", fmt.Sprintf("c%d", c.opened-1), 3); err != nil || !slices.Equal(closer.closed, c.want) {
			t.Errorf("%s: closed %v, %v, want %v", name, closer.closed, err, c.want)
		}
	}
}

// TestCloseSession_Gone checks that a connection that is still being opened is deleted, so
// that it can do nothing when it opens, and that one that was open is left to its $disconnect
// event, which tells other subscribers.
func TestCloseSession_Gone(t *testing.T) {
	store := openSockets(t, 3)
	if _, err := store.Subscribe(t.Context(), realtime.Connection{ID: "c2"}, realtime.TicketTopic("one")); err != nil {
		t.Fatal(err)
	}
	d := realtime.Disconnector{Store: store, Closer: &fakeCloser{gone: []string{"c1", "c2"}}}
	if err := d.CloseSession(t.Context(), "sara", "s"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"c0": true, "c1": false, "c2": true} {
		if _, found, err := store.Connection(t.Context(), id); err != nil || found != want {
			t.Errorf("%s: got found %v, %v, want %v", id, found, err, want)
		}
	}
}
