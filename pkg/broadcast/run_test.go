package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

var (
	noon    = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

func now() time.Time { return noon }

// fixture is a store with users and one broadcast.
type fixture struct {
	*memstore.Store
	t     *testing.T
	users []user.User
}

// newFixture stores users, of whom every tenth is an agent and one is disabled,
// and creates the broadcast.
func newFixture(t *testing.T, count int, b broadcast.Broadcast) *fixture {
	t.Helper()
	f := &fixture{Store: memstore.New(now), t: t}
	for n := range count {
		u := user.User{
			ID: fmt.Sprintf("u%04d", n), Phone: fmt.Sprint("+", n), Role: user.RoleUser, Email: "a@b.ir", EmailVerified: n%2 == 0,
			Notifications: user.NotificationPreferences{Email: true, SMS: n%3 == 0}, Disabled: n == 7,
		}
		if n%10 == 0 {
			u.Role = user.RoleSupport
		}
		if err := f.PutAccount(t.Context(), account.Login{Phone: u.Phone, User: u}); err != nil {
			t.Fatal(err)
		}
		f.users = append(f.users, u)
	}
	if _, err := f.service().Create(t.Context(), audit.Actor{}, b); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) service() *broadcast.Service {
	return &broadcast.Service{Store: f, Users: f, Recorder: audit.Recorder{Now: now, NewID: func() string { return "b1" }}}
}

// run runs the broadcast until the deadline.
func (f *fixture) run(deadline time.Time) (done bool, err error) {
	runner := broadcast.Runner{Store: f, Users: f, Now: now}
	return runner.Run(f.t.Context(), "b1", deadline)
}

// complete runs the broadcast to its end.
func (f *fixture) complete() {
	f.t.Helper()
	if done, err := f.run(noon.Add(time.Minute)); err != nil || !done {
		f.t.Fatalf("got done %v, %v", done, err)
	}
}

// broadcast returns the stored broadcast.
func (f *fixture) broadcast() broadcast.Broadcast {
	f.t.Helper()
	b, err := f.Broadcast(f.t.Context(), "b1")
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// notifications returns how many notifications a user sees in the app.
func (f *fixture) notifications(userID string) int {
	f.t.Helper()
	page, err := f.ListNotifications(f.t.Context(), userID, notification.Query{Limit: 10})
	if err != nil {
		f.t.Fatal(err)
	}
	return len(page.Notifications)
}

// expectNotified fails unless exactly the matching users were notified once.
func (f *fixture) expectNotified(name string, matches func(u user.User) bool) {
	f.t.Helper()
	want := 0
	for _, u := range f.users {
		times := 0
		if matches(u) && !u.Disabled {
			times = 1
			want++
		}
		if got := f.notifications(u.ID); got != times {
			f.t.Errorf("%s: %s has %d notifications, want %d", name, u.ID, got, times)
		}
	}
	if b := f.broadcast(); b.Total != want || b.State != broadcast.Enqueued {
		f.t.Errorf("%s: got total %d, state %s, want %d, written", name, b.Total, b.State, want)
	}
}

func allUsers(user.User) bool { return true }

func toAllUsers() broadcast.Broadcast {
	return broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{All: true}}
}

func TestRun_Audiences(t *testing.T) {
	f := newFixture(t, 200, toAllUsers())
	f.complete()
	f.expectNotified("all", allUsers)

	f = newFixture(t, 200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{Roles: []user.Role{user.RoleAdmin, user.RoleSupport}}})
	f.complete()
	f.expectNotified("roles", func(u user.User) bool { return u.Role == user.RoleSupport })

	listed := []string{"deleted-user"}
	for n := range 99 {
		listed = append(listed, fmt.Sprintf("u%04d", n*2))
	}
	f = newFixture(t, 200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{UserIDs: listed}})
	f.complete()
	f.expectNotified("listed", func(u user.User) bool {
		n, _ := strconv.Atoi(u.ID[1:])
		return n%2 == 0 && n < 198
	})
}

// TestRun_Languages checks that recipients get their language, and others the common text.
func TestRun_Languages(t *testing.T) {
	b := toAllUsers()
	b.Title, b.Body, b.Titles, b.Bodies = "Hi", "Body", map[string]string{"fa": "سلام"}, map[string]string{"en": "Text"}
	f := newFixture(t, 1, b)
	for _, language := range []string{"fa", "en"} {
		u := user.User{ID: language, Phone: language, Role: user.RoleUser, Locale: language}
		if err := f.PutAccount(t.Context(), account.Login{Phone: u.Phone, User: u}); err != nil {
			t.Fatal(err)
		}
	}
	f.complete()
	for language, want := range map[string]string{"fa": "سلام: Body", "en": "Hi: Text"} {
		page, err := f.ListNotifications(t.Context(), language, notification.Query{Limit: 10})
		if err != nil || len(page.Notifications) != 1 || page.Notifications[0].Title+": "+page.Notifications[0].Body != want {
			t.Errorf("%s: got %+v, %v, want %s", language, page.Notifications, err, want)
		}
	}
}

// TestCount checks that a count equals the total of the broadcast.
func TestCount(t *testing.T) {
	for name, audience := range map[string]broadcast.Audience{
		"all": {All: true}, "roles": {Roles: []user.Role{user.RoleSupport, user.RoleAdmin, user.RoleSupport}}, "listed": {UserIDs: []string{"u0007", "u0008", "u0008", "u0009", "deleted"}},
	} {
		given := broadcast.Audience{All: audience.All, Roles: slices.Clone(audience.Roles), UserIDs: slices.Clone(audience.UserIDs)}
		f := newFixture(t, 100, broadcast.Broadcast{InApp: true, Audience: given})
		total, complete, err := f.service().Count(t.Context(), audience)
		f.complete()
		if want := f.broadcast().Total; total != want || !complete || err != nil {
			t.Errorf("%s: got %d, %v, %v, want %d", name, total, complete, err, want)
		}
	}
}

// TestRun_DeliveryCounts checks that planned and skipped add up to the users.
func TestRun_DeliveryCounts(t *testing.T) {
	b := toAllUsers()
	b.InApp = false
	b.Channels = []notification.Channel{notification.Email, notification.SMS}
	b.Counts = map[notification.Channel]broadcast.DeliveryCounts{}
	f := newFixture(t, 100, b)
	f.complete()
	b = f.broadcast()
	for channel, planned := range map[notification.Channel]int{notification.Email: 50, notification.SMS: 34} {
		if got := b.Counts[channel]; got.Planned != planned || got.Planned+got.Skipped != 99 {
			t.Errorf("%s: got %+v, want %d planned of 99", channel, got, planned)
		}
	}
	for _, u := range f.users {
		if n := f.notifications(u.ID); n > 0 {
			t.Errorf("%s has %d notifications in the app, want none", u.ID, n)
		}
	}
	if state := b.PublicState(); state != broadcast.Sending {
		t.Errorf("state before the first delivery: %s", state)
	}
	b.Counts[notification.Email] = broadcast.DeliveryCounts{Planned: 50, Sent: 49, Failed: 1}
	b.Counts[notification.SMS] = broadcast.DeliveryCounts{Planned: 34, Sent: 34}
	if state := b.PublicState(); state != broadcast.Done {
		t.Errorf("state after the last delivery: %s", state)
	}
}

// TestBroadcast_Cancellable checks that a broadcast is cancellable exactly while Cancel stops it.
func TestBroadcast_Cancellable(t *testing.T) {
	b := toAllUsers()
	b.Channels = []notification.Channel{notification.Email}
	for name, run := range map[string]func(*fixture){"queued": func(*fixture) {}, "written": (*fixture).complete} {
		f := newFixture(t, 100, b)
		run(f)
		before := f.broadcast()
		got, err := f.service().Cancel(t.Context(), audit.Actor{}, before.ID)
		if stopped := got.State == broadcast.Cancelled; before.Cancellable() != stopped || stopped != (name == "queued") || got.Cancellable() {
			t.Errorf("%s: got %v before and %v after Cancel, which returned %s, %v", name, before.Cancellable(), got.Cancellable(), got.State, err)
		}
	}
}

// changedRole gives the users of the first role of a broadcast the second one, when the users of
// the second are listed.
type changedRole struct {
	*fixture
	to user.Role
}

func (c changedRole) ListUsers(ctx context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	if role == c.to {
		for _, u := range c.users {
			if u.Role != c.to {
				u.Role = c.to
				if err := c.PutAccount(ctx, account.Login{Phone: u.Phone, User: u}); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return c.fixture.ListUsers(ctx, role, limit, cursor)
}

// TestRun_RoleChanged checks that a user whose role changes while a broadcast to several roles is
// written is counted once, so that the broadcast ends.
func TestRun_RoleChanged(t *testing.T) {
	f := newFixture(t, 100, broadcast.Broadcast{
		InApp: true, Audience: broadcast.Audience{Roles: []user.Role{user.RoleSupport, user.RoleUser}},
		Channels: []notification.Channel{notification.Email}, Counts: map[notification.Channel]broadcast.DeliveryCounts{notification.Email: {}},
	})
	runner := broadcast.Runner{Store: f, Users: changedRole{f, user.RoleUser}, Now: now}
	if done, err := runner.Run(t.Context(), "b1", noon.Add(time.Minute)); err != nil || !done {
		t.Fatalf("got done %v, %v", done, err)
	}
	f.expectNotified("both roles", allUsers)
	b := f.broadcast()
	if want := (broadcast.DeliveryCounts{Planned: 50, Skipped: 49}); b.Counts[notification.Email] != want {
		t.Errorf("got %+v, want %+v", b.Counts[notification.Email], want)
	}
	b.Counts[notification.Email] = broadcast.DeliveryCounts{Planned: b.Counts[notification.Email].Planned, Sent: 50, Skipped: b.Counts[notification.Email].Skipped}
	if state := b.PublicState(); state != broadcast.Done {
		t.Errorf("state after the last delivery: %s", state)
	}
}

// TestRun_CrashAtEveryCall fails each call in turn, before or after it takes
// effect, and resumes the run: every user is notified once.
func TestRun_CrashAtEveryCall(t *testing.T) {
	for _, loseResponse := range []bool{false, true} {
		for at := range 16 {
			f := newFixture(t, 150, toAllUsers())
			callsLeft := at
			fail := func(string, string) error {
				if callsLeft--; callsLeft < 0 {
					return errDown
				}
				return nil
			}
			if loseResponse {
				f.After = fail
			} else {
				f.Before = fail
			}
			if _, err := f.run(noon.Add(time.Minute)); err == nil && callsLeft < 0 {
				t.Fatalf("call %d: no error", at)
			}
			f.Before, f.After = nil, nil
			f.complete()
			f.expectNotified(fmt.Sprintf("call %d, lost response %v", at, loseResponse), allUsers)
		}
	}
}

// TestRun_OutOfTime checks that a run after its deadline is not done.
func TestRun_OutOfTime(t *testing.T) {
	f := newFixture(t, 200, toAllUsers())
	if done, err := f.run(noon); done || err != nil || f.broadcast().State != broadcast.Queued {
		t.Errorf("got done %v, %v, state %s", done, err, f.broadcast().State)
	}
}

// TestCancel checks that a cancelled broadcast notifies no more users, and that
// a complete one cannot be cancelled.
func TestCancel(t *testing.T) {
	f := newFixture(t, 200, toAllUsers())
	for range 2 { // it is safe to repeat
		if b, err := f.service().Cancel(t.Context(), audit.Actor{}, "b1"); err != nil || b.State != broadcast.Cancelled {
			t.Fatalf("got %s, %v", b.State, err)
		}
	}
	f.complete()
	if n := f.Calls("AddNotifications", "WriteBroadcastPage"); n > 0 {
		t.Errorf("%d pages were written", n)
	}
	f = newFixture(t, 10, toAllUsers())
	f.complete()
	if _, err := f.service().Cancel(t.Context(), audit.Actor{}, "b1"); !apperr.Is(err, apperr.BroadcastFinished) {
		t.Errorf("complete broadcast: got %v", err)
	}
}
