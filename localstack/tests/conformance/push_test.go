package conformance

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// newUserWithSession stores a user with a session.
func newUserWithSession(t *testing.T, db backend) (u user.User, family string) {
	t.Helper()
	l := newLogin()
	must(t, db.open().PutAccount(t.Context(), l))
	family = newID()
	must(t, db.open().CreateSession(t.Context(), account.Session{Family: family, User: l.User, CurrentHash: "hash", CreatedAt: app.Now(), ExpiresAt: app.Now().Add(time.Hour)}, nil))
	return l.User, family
}

func newPushSubscription(id, family string) notification.PushSubscription {
	return notification.PushSubscription{ID: id, Platform: "web", Endpoint: "https://push.example.com/" + id, P256dh: "key", Auth: "secret", Session: family, CreatedAt: app.Now()}
}

// TestPushSubscriptions checks the list of a user: added, replaced, ended with the session
// and removed, and the mark of the user.
func TestPushSubscriptions(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store, ctx := db.open(), t.Context()
		u, family := newUserWithSession(t, db)
		wantPush := func(step string, want bool) {
			t.Helper()
			if got, err := store.User(ctx, u.ID); err != nil || got.HasPush != want {
				t.Errorf("%s: got %+v, %v, want HasPush %v", step, got, err, want)
			}
		}
		first, second := newPushSubscription("first", family), newPushSubscription("second", family)
		for step, want := range []bool{true, false} {
			if added, removed, err := store.AddPushSubscription(ctx, u.ID, first); err != nil || added != want || len(removed) > 0 {
				t.Errorf("step %d: got %v, %v, %v", step, added, removed, err)
			}
		}
		wantPush("after the first", true)
		must2(t)(store.AddPushSubscription(ctx, u.ID, second))
		changed := first
		changed.Auth = "another"
		must2(t)(store.AddPushSubscription(ctx, u.ID, changed))
		live, ended, err := store.PushSubscriptions(ctx, u.ID)
		if err != nil || !slices.Equal(live, []notification.PushSubscription{changed, second}) || len(ended) > 0 {
			t.Errorf("got %+v, %+v, %v", live, ended, err)
		}
		if removed, err := store.RemovePushSubscriptions(ctx, u.ID, "second", "unknown"); err != nil || !slices.Equal(removed, []notification.PushSubscription{second}) {
			t.Errorf("got %+v, %v", removed, err)
		}
		wantPush("with one left", true)
		if _, err := store.EndSession(ctx, u.ID, family, app.Now()); err != nil {
			t.Fatal(err)
		}
		if live, ended, err := store.PushSubscriptions(ctx, u.ID); err != nil || len(live) > 0 || !slices.Equal(ended, []notification.PushSubscription{changed}) {
			t.Errorf("after the session: got %+v, %+v, %v", live, ended, err)
		}
		if _, _, err := store.AddPushSubscription(ctx, u.ID, second); !apperr.Is(err, apperr.SessionEnded) {
			t.Errorf("after the session: got %v", err)
		}
		for _, want := range []int{1, 0} {
			if removed, err := store.RemovePushSubscriptions(ctx, u.ID, "first"); err != nil || len(removed) != want {
				t.Errorf("got %+v, %v", removed, err)
			}
		}
		wantPush("after the last", false)
	})
}

// must2 returns a function that fails the test if its last argument is an error.
func must2(t *testing.T) func(bool, []notification.PushSubscription, error) {
	t.Helper()
	return func(_ bool, _ []notification.PushSubscription, err error) {
		t.Helper()
		must(t, err)
	}
}

// TestPushSubscriptions_Concurrent checks that concurrent changes lose nothing and keep the
// maximum.
func TestPushSubscriptions_Concurrent(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.open()
		u, family := newUserWithSession(t, db)
		var group sync.WaitGroup
		for n := range notification.MaxPushSubscriptions - 4 {
			group.Go(func() {
				if _, _, err := store.AddPushSubscription(t.Context(), u.ID, newPushSubscription(fmt.Sprint(n), family)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		live, _, err := store.PushSubscriptions(t.Context(), u.ID)
		if err != nil || len(live) != notification.MaxPushSubscriptions-4 {
			t.Errorf("got %d, %v", len(live), err)
		}
		var evicted []notification.PushSubscription
		for n := range 5 {
			_, removed, err := store.AddPushSubscription(t.Context(), u.ID, newPushSubscription(fmt.Sprint("more", n), family))
			must(t, err)
			evicted = append(evicted, removed...)
		}
		if len(evicted) != 1 || evicted[0] != live[0] {
			t.Errorf("got %+v, want the oldest %+v", evicted, live[0])
		}
	})
}

// TestPushSubscriptions_DeletedUser checks that nothing is stored for a deleted user, and
// that what was stored can be removed.
func TestPushSubscriptions_DeletedUser(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store, ctx := db.open(), t.Context()
		u, family := newUserWithSession(t, db)
		must2(t)(store.AddPushSubscription(ctx, u.ID, newPushSubscription("first", family)))
		must(t, store.DeleteUser(ctx, u, audit.Record{ID: newID()}))
		if _, _, err := store.AddPushSubscription(ctx, u.ID, newPushSubscription("second", family)); !apperr.Is(err, apperr.SessionEnded) {
			t.Errorf("got %v", err)
		}
		if removed, err := store.RemovePushSubscriptions(ctx, u.ID, "first"); err != nil || len(removed) != 1 {
			t.Errorf("got %+v, %v", removed, err)
		}
		if live, ended, err := store.PushSubscriptions(ctx, u.ID); err != nil || len(live)+len(ended) > 0 {
			t.Errorf("got %+v, %+v, %v", live, ended, err)
		}
	})
}
