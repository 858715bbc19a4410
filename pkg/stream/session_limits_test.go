package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// TestLimitSessions checks that the oldest sessions of a user end, with their access, and
// that who starts too many in an hour cannot log in for the rest of it. A repeated record
// counts once.
func TestLimitSessions(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 20, 0, 0, time.UTC)
	store := memstore.New(func() time.Time { return now })
	sara := user.User{ID: "sara", Phone: "+989121111111"}
	handle := stream.LimitSessions(store, 3, func() time.Time { return now })
	for n := range 9 {
		s := account.Session{Family: fmt.Sprintf("family-%d", n), User: sara, ExpiresAt: now.Add(time.Hour)}
		if err := store.CreateSession(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		if n == 3 || n == 5 { // of others no record has come yet, or it has been repeated
			continue
		}
		for range 3 {
			if err := handle(t.Context(), event.SessionStarted{User: sara, SessionID: s.Family}); err != nil {
				t.Fatal(err)
			}
		}
		left, _, err := store.ListSessions(t.Context(), "sara", "", 100)
		if err != nil || len(left) != min(n+1, 3) || left[0].Family != s.Family {
			t.Errorf("after session %d: got %d sessions, %v", n, len(left), err)
		}
		login, _, err := store.Login(t.Context(), sara.Phone)
		if blocked := login.BlockedUntil.Equal(now.Add(40*time.Minute)) && login.MaxSessions == 3; err != nil || blocked != (n > 3) {
			t.Errorf("after session %d: blocked until %v, %v", n, login.BlockedUntil, err)
		}
	}
	if list, err := store.RevocationsSince(t.Context(), now); err != nil || len(list.Revocations) != 6 {
		t.Errorf("got revocations %v, %v, want of 6 sessions", list.Revocations, err)
	}
}

// listingSessions counts the lists of sessions.
type listingSessions struct {
	*memstore.Store
	lists int
}

func (s *listingSessions) ListSessions(ctx context.Context, userID, after string, limit int) ([]account.Session, bool, error) {
	s.lists++
	return s.Store.ListSessions(ctx, userID, after, limit)
}

// TestLimitSessions_OncePerBatch checks that many sessions that a user starts at once are listed
// once, and that all of them count.
func TestLimitSessions_OncePerBatch(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 20, 0, 0, time.UTC)
	store := &listingSessions{Store: memstore.New(func() time.Time { return now })}
	sara := user.User{ID: "sara", Phone: "+989121111111"}
	handle := stream.LimitSessions(store, 3, func() time.Time { return now })
	var batch []event.Event
	for n := range 20 {
		s := account.Session{Family: fmt.Sprintf("family-%02d", n), User: sara, ExpiresAt: now.Add(time.Hour)}
		if err := store.CreateSession(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		batch = append(batch, event.SessionStarted{User: sara, SessionID: s.Family})
	}
	for n, e := range batch {
		if err := handle(t.Context(), e, batch[:n]...); err != nil {
			t.Fatal(err)
		}
	}
	const pages = 7 // of the first record
	if store.lists > pages {
		t.Errorf("got %d lists, want at most %d", store.lists, pages)
	}
	left, _, err := store.Store.ListSessions(t.Context(), "sara", "", 100)
	if err != nil || len(left) != 3 || left[0].Family != "family-19" {
		t.Errorf("got %d sessions, %v, want the newest three", len(left), err)
	}
	if login, _, err := store.Login(t.Context(), sara.Phone); err != nil || login.BlockedUntil.IsZero() {
		t.Errorf("logins are not blocked: %v", err)
	}
}

// countingSeen counts the writes of RecordSeen.
type countingSeen struct{ n int }

func (c *countingSeen) RecordSeen(context.Context, string, time.Time) error {
	c.n++
	return nil
}

// TestRecordSeen_OncePerBatch checks that many refreshes of a user at once are one write.
func TestRecordSeen_OncePerBatch(t *testing.T) {
	started, used := event.SessionStarted{User: user.User{ID: "sara"}}, event.SessionUsed{UserID: "sara"}
	batch := []event.Event{event.UserChanged{}, used, used, started, used}
	seen := &countingSeen{}
	for n, e := range batch {
		if err := stream.RecordSeen(seen)(t.Context(), e, batch[:n]...); err != nil {
			t.Fatal(err)
		}
	}
	if seen.n != 1 {
		t.Errorf("got %d writes, want 1", seen.n)
	}
}

// countingCopier counts the rewrites of copies.
type countingCopier struct{ n int }

func (c *countingCopier) SyncUserCopies(context.Context, string) (user.User, error) {
	c.n++
	return user.User{}, nil
}

// TestSyncUserCopies_OncePerBatch checks that copies are rewritten for a change only, and
// once for all changes of a batch.
func TestSyncUserCopies_OncePerBatch(t *testing.T) {
	sara, renamed, again := user.User{ID: "sara"}, user.User{ID: "sara", Name: "Sara"}, user.User{ID: "sara", Name: "Sarah"}
	same, first, second := event.UserChanged{Old: sara, New: sara}, event.UserChanged{Old: sara, New: renamed}, event.UserChanged{Old: renamed, New: again}
	for name, c := range map[string]struct {
		event   event.Event
		earlier []event.Event
		want    int
	}{
		"a change":                  {first, nil, 1},
		"nothing changed":           {same, nil, 0},
		"after a change":            {second, []event.Event{first}, 0},
		"after nothing has changed": {second, []event.Event{same, event.SessionStarted{}}, 1},
	} {
		copier := &countingCopier{}
		if err := stream.SyncUserCopies(copier)(t.Context(), c.event, c.earlier...); err != nil || copier.n != c.want {
			t.Errorf("%s: got %d rewrites, %v, want %d", name, copier.n, err, c.want)
		}
	}
}
