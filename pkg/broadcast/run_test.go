package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

var (
	noon    = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

// memStore stores users and one broadcast. After callsLeft calls every call
// fails; with loseResponse, the failing call still writes its page.
type memStore struct {
	users        []user.User
	recipients   []string
	broadcast    broadcast.Broadcast
	notified     map[string]int // notifications by user
	hidden       int
	callsLeft    int
	loseResponse bool
}

func newMemStore(count int, b broadcast.Broadcast) *memStore {
	s := &memStore{notified: map[string]int{}, callsLeft: 1 << 30}
	for n := range count {
		role := user.RoleUser
		if n%10 == 0 {
			role = user.RoleSupport
		}
		s.users = append(s.users, user.User{
			ID: fmt.Sprintf("u%04d", n), Role: role, Email: "a@b.ir", EmailVerified: n%2 == 0, Notifications: user.NotificationPreferences{Email: true, SMS: n%3 == 0},
			Disabled: n == 7,
		})
	}
	b.ID, b.State, b.CreatedAt = "b1", broadcast.Queued, noon
	if b.Counts == nil {
		b.Counts = map[notification.Channel]broadcast.DeliveryCounts{}
	}
	s.broadcast = b
	return s
}

func (s *memStore) call() error {
	if s.callsLeft--; s.callsLeft < 0 {
		return errDown
	}
	return nil
}

func (s *memStore) CreateBroadcast(context.Context, broadcast.Broadcast, audit.Record) error {
	return nil
}

func (s *memStore) Broadcast(context.Context, string) (broadcast.Broadcast, error) {
	return s.broadcast, s.call()
}

func (s *memStore) ListBroadcasts(context.Context, string, int) ([]broadcast.Broadcast, error) {
	return nil, nil
}

func (s *memStore) CancelBroadcast(_ context.Context, _ string, at time.Time, _ audit.Record) (bool, error) {
	if s.broadcast.State != broadcast.Queued && s.broadcast.State != broadcast.Sending {
		return false, nil
	}
	s.broadcast.State, s.broadcast.FinishedAt = broadcast.Cancelled, at
	return true, nil
}

func (s *memStore) BroadcastRecipients(_ context.Context, _ string, page int) ([]string, error) {
	from := page * broadcast.PageSize
	return s.recipients[from:min(from+broadcast.PageSize, len(s.recipients))], s.call()
}

func (s *memStore) WriteBroadcastPage(_ context.Context, before, after broadcast.Broadcast, page []notification.Notification) (bool, error) {
	if err := s.call(); err != nil && !s.loseResponse {
		return false, err
	}
	if !reflect.DeepEqual(before.Progress, s.broadcast.Progress) || s.broadcast.State == broadcast.Cancelled || s.broadcast.State == broadcast.Enqueued {
		return false, nil
	}
	s.broadcast = after
	for _, n := range page {
		s.notified[n.UserID]++
		if n.Hidden {
			s.hidden++
		}
	}
	if s.callsLeft < 0 {
		return false, errDown // the page was written
	}
	return true, nil
}

func (s *memStore) ListUsers(_ context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	at, _ := strconv.Atoi(cursor["at"])
	var page []user.User
	for ; at < len(s.users) && len(page) < limit; at++ {
		if role == "" || s.users[at].Role == role {
			page = append(page, s.users[at])
		}
	}
	if at == len(s.users) {
		return page, nil, s.call()
	}
	return page, map[string]string{"at": strconv.Itoa(at)}, s.call()
}

func (s *memStore) UsersByID(_ context.Context, ids []string) ([]user.User, error) {
	var found []user.User
	for _, id := range ids {
		for _, u := range s.users {
			if u.ID == id {
				found = append(found, u)
			}
		}
	}
	return found, s.call()
}

func (s *memStore) runner() *broadcast.Runner {
	return &broadcast.Runner{Store: s, Users: s, Now: func() time.Time { return noon }}
}

func (s *memStore) run(t *testing.T) {
	t.Helper()
	if done, err := s.runner().Run(context.Background(), "b1", noon.Add(time.Minute)); err != nil || !done {
		t.Fatalf("got done %v, %v", done, err)
	}
}

// expectNotified fails unless exactly the matching users were notified once.
func (s *memStore) expectNotified(t *testing.T, name string, matches func(u user.User) bool) {
	t.Helper()
	want := 0
	for _, u := range s.users {
		times := 0
		if matches(u) && !u.Disabled {
			times = 1
			want++
		}
		if s.notified[u.ID] != times {
			t.Errorf("%s: %s has %d notifications, want %d", name, u.ID, s.notified[u.ID], times)
		}
	}
	if s.broadcast.Total != want || s.broadcast.State != broadcast.Enqueued {
		t.Errorf("%s: got total %d, state %s, want %d, written", name, s.broadcast.Total, s.broadcast.State, want)
	}
}

func allUsers(user.User) bool { return true }

func toAllUsers() broadcast.Broadcast {
	return broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{All: true}}
}

func TestRun_Audiences(t *testing.T) {
	s := newMemStore(200, toAllUsers())
	s.run(t)
	s.expectNotified(t, "all", allUsers)

	s = newMemStore(200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{Roles: []user.Role{user.RoleAdmin, user.RoleSupport}}})
	s.run(t)
	s.expectNotified(t, "roles", func(u user.User) bool { return u.Role == user.RoleSupport })

	s = newMemStore(200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{UserCount: 100}})
	for n := range 99 {
		s.recipients = append(s.recipients, s.users[n*2].ID)
	}
	s.recipients = append(s.recipients, "deleted-user")
	s.run(t)
	s.expectNotified(t, "named", func(u user.User) bool {
		n, _ := strconv.Atoi(u.ID[1:])
		return n%2 == 0 && n < 198
	})
}

// TestRun_DeliveryCounts checks that planned and skipped add up to the users.
func TestRun_DeliveryCounts(t *testing.T) {
	b := toAllUsers()
	b.InApp = false
	b.Channels = []notification.Channel{notification.Email, notification.SMS}
	b.Counts = map[notification.Channel]broadcast.DeliveryCounts{notification.Email: {}, notification.SMS: {}}
	s := newMemStore(100, b)
	s.run(t)
	for channel, planned := range map[notification.Channel]int{notification.Email: 50, notification.SMS: 34} {
		if got := s.broadcast.Counts[channel]; got.Planned != planned || got.Planned+got.Skipped != 99 {
			t.Errorf("%s: got %+v, want %d planned of 99", channel, got, planned)
		}
	}
	if s.hidden != 99 {
		t.Errorf("%d were hidden in the app, want all 99", s.hidden)
	}
	if state := s.broadcast.PublicState(); state != broadcast.Sending {
		t.Errorf("state before the first delivery: %s", state)
	}
	s.broadcast.Counts[notification.Email] = broadcast.DeliveryCounts{Planned: 50, Sent: 49, Failed: 1}
	s.broadcast.Counts[notification.SMS] = broadcast.DeliveryCounts{Planned: 34, Sent: 34}
	if state := s.broadcast.PublicState(); state != broadcast.Done {
		t.Errorf("state after the last delivery: %s", state)
	}
}

// TestRun_CrashAtEveryCall fails each call in turn, before and after a page was
// written, and resumes the run: every user is notified once.
func TestRun_CrashAtEveryCall(t *testing.T) {
	for _, loseResponse := range []bool{false, true} {
		for at := range 16 {
			s := newMemStore(150, toAllUsers())
			s.callsLeft, s.loseResponse = at, loseResponse
			if _, err := s.runner().Run(context.Background(), "b1", noon.Add(time.Minute)); err == nil && s.callsLeft < 0 {
				t.Fatalf("call %d: no error", at)
			}
			s.callsLeft = 1 << 30
			s.run(t)
			s.expectNotified(t, fmt.Sprintf("call %d, lost answer %v", at, loseResponse), allUsers)
		}
	}
}

// TestRun_OutOfTime checks that a run after its deadline is not done.
func TestRun_OutOfTime(t *testing.T) {
	s := newMemStore(200, toAllUsers())
	done, err := s.runner().Run(context.Background(), "b1", noon)
	if done || err != nil || s.broadcast.State != broadcast.Queued {
		t.Errorf("got done %v, %v, state %s", done, err, s.broadcast.State)
	}
}

// TestCancel checks that a cancelled broadcast notifies no more users, and that
// a complete one cannot be cancelled.
func TestCancel(t *testing.T) {
	newService := func(s *memStore) *broadcast.Service {
		return &broadcast.Service{Store: s, Recorder: audit.Recorder{Now: func() time.Time { return noon }, NewID: func() string { return "r" }}}
	}
	s := newMemStore(200, toAllUsers())
	for range 2 { // it is safe to repeat
		if b, err := newService(s).Cancel(context.Background(), audit.Actor{}, "b1"); err != nil || b.State != broadcast.Cancelled {
			t.Fatalf("got %s, %v", b.State, err)
		}
	}
	s.run(t)
	if len(s.notified) > 0 {
		t.Errorf("%d users were notified", len(s.notified))
	}
	s = newMemStore(10, toAllUsers())
	s.run(t)
	if _, err := newService(s).Cancel(context.Background(), audit.Actor{}, "b1"); !apperr.Is(err, apperr.BroadcastFinished) {
		t.Errorf("complete broadcast: got %v", err)
	}
}
