package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

var (
	noon    = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("down")
)

// town has people and one broadcast; every call but the first `healthy` ones
// fails, and a page may be written with its answer lost.
type town struct {
	people  []user.User
	named   []string
	b       broadcast.Broadcast
	told    map[string]int // how often, by person
	silent  int
	healthy int
	lost    bool
}

func newTown(people int, b broadcast.Broadcast) *town {
	t := &town{told: map[string]int{}, healthy: 1 << 30}
	for n := range people {
		role := user.RoleUser
		if n%10 == 0 {
			role = user.RoleSupport
		}
		t.people = append(t.people, user.User{
			ID: fmt.Sprintf("u%04d", n), Role: role, Email: "a@b.ir", EmailVerified: n%2 == 0, Notify: user.Choices{Email: true, SMS: n%3 == 0},
			Disabled: n == 7,
		})
	}
	b.ID, b.State, b.CreatedAt = "b1", broadcast.Queued, noon
	if b.Tallies == nil {
		b.Tallies = map[notification.Channel]broadcast.Tally{}
	}
	t.b = b
	return t
}

func (t *town) call() error {
	if t.healthy--; t.healthy < 0 {
		return errDown
	}
	return nil
}

func (t *town) StartBroadcast(context.Context, broadcast.Broadcast, audit.Record) error { return nil }

func (t *town) Broadcast(context.Context, string) (broadcast.Broadcast, error) { return t.b, t.call() }

func (t *town) Broadcasts(context.Context, string, int) ([]broadcast.Broadcast, error) {
	return nil, nil
}

func (t *town) CancelBroadcast(_ context.Context, _ string, at time.Time, _ audit.Record) (bool, error) {
	if t.b.State != broadcast.Queued && t.b.State != broadcast.Sending {
		return false, nil
	}
	t.b.State, t.b.FinishedAt = broadcast.Cancelled, at
	return true, nil
}

func (t *town) Named(_ context.Context, _ string, page int) ([]string, error) {
	from := page * broadcast.PageSize
	return t.named[from:min(from+broadcast.PageSize, len(t.named))], t.call()
}

func (t *town) WritePage(_ context.Context, was, now broadcast.Broadcast, page []notification.Notification) (bool, error) {
	if err := t.call(); err != nil && !t.lost {
		return false, err
	}
	if !reflect.DeepEqual(was.Place, t.b.Place) || t.b.State == broadcast.Cancelled || t.b.State == broadcast.Written {
		return false, nil
	}
	t.b = now
	for _, n := range page {
		t.told[n.UserID]++
		if n.Silent {
			t.silent++
		}
	}
	if t.healthy < 0 {
		return false, errDown // it was written all the same
	}
	return true, nil
}

func (t *town) Users(_ context.Context, role user.Role, limit int, cursor map[string]string) ([]user.User, map[string]string, error) {
	at, _ := strconv.Atoi(cursor["at"])
	var page []user.User
	for ; at < len(t.people) && len(page) < limit; at++ {
		if role == "" || t.people[at].Role == role {
			page = append(page, t.people[at])
		}
	}
	if at == len(t.people) {
		return page, nil, t.call()
	}
	return page, map[string]string{"at": strconv.Itoa(at)}, t.call()
}

func (t *town) UsersByID(_ context.Context, ids []string) ([]user.User, error) {
	var found []user.User
	for _, id := range ids {
		for _, u := range t.people {
			if u.ID == id {
				found = append(found, u)
			}
		}
	}
	return found, t.call()
}

func (t *town) runner() *broadcast.Runner {
	return &broadcast.Runner{Store: t, People: t, Now: func() time.Time { return noon }}
}

func (t *town) run(test *testing.T) {
	test.Helper()
	if over, err := t.runner().Run(context.Background(), "b1", noon.Add(time.Minute)); err != nil || !over {
		test.Fatalf("got over %v, %v", over, err)
	}
}

// once fails unless exactly these people were told, each once.
func (t *town) once(test *testing.T, what string, of func(u user.User) bool) {
	test.Helper()
	want := 0
	for _, u := range t.people {
		times := 0
		if of(u) && !u.Disabled {
			times = 1
			want++
		}
		if t.told[u.ID] != times {
			test.Errorf("%s: %s was told %d times, want %d", what, u.ID, t.told[u.ID], times)
		}
	}
	if t.b.Total != want || t.b.State != broadcast.Written {
		test.Errorf("%s: got total %d, state %s, want %d, written", what, t.b.Total, t.b.State, want)
	}
}

func everybody(user.User) bool { return true }

func all() broadcast.Broadcast {
	return broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{All: true}}
}

func TestAudiences(t *testing.T) {
	town := newTown(200, all())
	town.run(t)
	town.once(t, "all", everybody)

	town = newTown(200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{Roles: []user.Role{user.RoleAdmin, user.RoleSupport}}})
	town.run(t)
	town.once(t, "roles", func(u user.User) bool { return u.Role == user.RoleSupport })

	town = newTown(200, broadcast.Broadcast{InApp: true, Audience: broadcast.Audience{Named: 100}})
	for n := range 99 {
		town.named = append(town.named, town.people[n*2].ID)
	}
	town.named = append(town.named, "somebody who is gone")
	town.run(t)
	town.once(t, "named", func(u user.User) bool {
		n, _ := strconv.Atoi(u.ID[1:])
		return n%2 == 0 && n < 198
	})
}

// TestTallies: what is planned and what is skipped add up to the people.
func TestTallies(t *testing.T) {
	b := all()
	b.InApp = false
	b.Channels = []notification.Channel{notification.Email, notification.SMS}
	b.Tallies = map[notification.Channel]broadcast.Tally{notification.Email: {}, notification.SMS: {}}
	town := newTown(100, b)
	town.run(t)
	for channel, planned := range map[notification.Channel]int{notification.Email: 50, notification.SMS: 34} {
		if got := town.b.Tallies[channel]; got.Planned != planned || got.Planned+got.Skipped != 99 {
			t.Errorf("%s: got %+v, want %d planned of 99", channel, got, planned)
		}
	}
	if town.silent != 99 {
		t.Errorf("%d were not to be shown in the app, want all 99", town.silent)
	}
	if shown := town.b.Shown(); shown != broadcast.Sending {
		t.Errorf("before a mail is out: %s", shown)
	}
	town.b.Tallies[notification.Email] = broadcast.Tally{Planned: 50, Sent: 49, Failed: 1}
	town.b.Tallies[notification.SMS] = broadcast.Tally{Planned: 34, Sent: 34}
	if shown := town.b.Shown(); shown != broadcast.Done {
		t.Errorf("when all are out: %s", shown)
	}
}

// TestEveryCrash: the run breaks at each of its calls, before and after a page
// was written, and is taken up again; everybody is told once.
func TestEveryCrash(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for at := range 16 {
			town := newTown(150, all())
			town.healthy, town.lost = at, lost
			if _, err := town.runner().Run(context.Background(), "b1", noon.Add(time.Minute)); err == nil && town.healthy < 0 {
				t.Fatalf("call %d: no error", at)
			}
			town.healthy = 1 << 30
			town.run(t)
			town.once(t, fmt.Sprintf("call %d, lost answer %v", at, lost), everybody)
		}
	}
}

// TestOutOfTime: a run that has no time left says that it is not over.
func TestOutOfTime(t *testing.T) {
	town := newTown(200, all())
	over, err := town.runner().Run(context.Background(), "b1", noon)
	if over || err != nil || town.b.State != broadcast.Queued {
		t.Errorf("got over %v, %v, state %s", over, err, town.b.State)
	}
}

// TestCancel: nobody else is told, and one that is written stays so.
func TestCancel(t *testing.T) {
	desk := func(town *town) *broadcast.Desk {
		return &broadcast.Desk{Store: town, Pen: audit.Pen{Now: func() time.Time { return noon }, NewID: func() string { return "r" }}}
	}
	town := newTown(200, all())
	for range 2 { // it may be repeated
		if b, err := desk(town).Cancel(context.Background(), audit.Actor{}, "b1"); err != nil || b.State != broadcast.Cancelled {
			t.Fatalf("got %s, %v", b.State, err)
		}
	}
	town.run(t)
	if len(town.told) > 0 {
		t.Errorf("%d were told", len(town.told))
	}
	town = newTown(10, all())
	town.run(t)
	if _, err := desk(town).Cancel(context.Background(), audit.Actor{}, "b1"); !fault.Is(err, fault.BroadcastOver) {
		t.Errorf("a written one: got %v", err)
	}
}
