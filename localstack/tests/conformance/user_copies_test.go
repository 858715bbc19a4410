package conformance

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// TestSyncUserCopies checks that a user change reaches the login and the sessions, and
// creates neither.
func TestSyncUserCopies(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		must(t, db.open().PutAccount(t.Context(), login))
		sessions := []account.Session{newSession(login.User), newSession(login.User)}
		for _, s := range sessions {
			must(t, db.open().CreateSession(t.Context(), s, nil))
		}
		ended := newSession(login.User)
		name := "Sara Ahmadi"
		want, err := db.open().UpdateUser(t.Context(), login.User.ID, account.ProfileUpdate{Name: &name})
		must(t, err)
		for range 2 { // the stream may repeat a record
			if got, err := db.open().SyncUserCopies(t.Context(), login.User.ID); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		}
		got, _, err := db.open().Login(t.Context(), login.Phone)
		if err != nil || got.User != want || got.Hash != login.Hash {
			t.Errorf("login: got %+v, %v, want %+v", got, err, want)
		}
		for _, s := range sessions {
			existing, rotated, _, err := db.open().RotateSession(t.Context(), s.User.ID, s.Family, s.CurrentHash, "next", app.Now())
			if err != nil || !rotated || existing.User != want {
				t.Errorf("session: got %+v, %v, want %+v", existing.User, err, want)
			}
		}
		if _, _, found, _ := db.open().RotateSession(t.Context(), login.User.ID, ended.Family, "x", "y", app.Now()); found {
			t.Error("a deleted session was created")
		}
		if got, err := db.open().SyncUserCopies(t.Context(), newID()); err != nil || got != (user.User{}) {
			t.Errorf("unknown user: got %+v, %v", got, err)
		}
	})
}

// TestSyncUserCopies_ConcurrentChange checks that a sign-in right after a change of access
// gets the new rights, although copies of the user are being updated meanwhile.
func TestSyncUserCopies_ConcurrentChange(t *testing.T) {
	t.Parallel()
	store, admin, login := openStore(), newLogin(), newLogin()
	must(t, store.PutAccount(t.Context(), login))
	stop, syncs := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		syncs.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := openStore().SyncUserCopies(t.Context(), login.User.ID); err != nil && !apperr.Is(err, apperr.Conflict) {
						t.Error(err)
					}
				}
			}
		})
	}
	current := login.User
	for range 40 {
		updated := current
		updated.Disabled = !current.Disabled
		record := audit.Record{ID: newID(), At: app.Now(), Actor: audit.Actor{ID: admin.User.ID}, Action: "user.changed", Target: login.User.ID}
		err := error(apperr.New(apperr.Conflict, ""))
		for apperr.Is(err, apperr.Conflict) {
			err = store.AdminUpdateUser(t.Context(), current, updated, nil, record)
		}
		must(t, err)
		current = updated
		for range 3 {
			if got, _, err := store.Login(t.Context(), login.Phone); err != nil || got.User.Disabled != current.Disabled {
				t.Errorf("got disabled %v, %v, want %v", got.User.Disabled, err, current.Disabled)
			}
		}
	}
	close(stop)
	syncs.Wait()
}

// TestSyncUserCopies_DelayedWrite checks that the delayed write of a copy with the former role does
// not restore this role in a session, where a refresh would keep it.
func TestSyncUserCopies_DelayedWrite(t *testing.T) {
	t.Parallel()
	store, login := openStore(), newLogin()
	login.User.Role = user.RoleSupport
	must(t, store.PutAccount(t.Context(), login))
	session := newSession(login.User)
	must(t, store.CreateSession(t.Context(), session, nil))
	config := env.config.Copy()
	config.HTTPClient = &beforeUpdate{next: config.HTTPClient, n: 2, run: func() { // the first updates the login
		demoted := login.User
		demoted.Role = user.RoleUser
		must(t, store.AdminUpdateUser(t.Context(), login.User, demoted, nil, recorder.NewRecord(adminActor, audit.UserUpdated, demoted.ID, nil, nil)))
		_, err := store.SyncUserCopies(t.Context(), demoted.ID)
		must(t, err)
	}}
	synced, err := openStoreWith(config).SyncUserCopies(t.Context(), login.User.ID)
	must(t, err)
	equal(t, "role", synced.Role, user.RoleUser)
	stored, _, err := store.Session(t.Context(), login.User.ID, session.Family)
	must(t, err)
	equal(t, "role in the session", stored.User.Role, user.RoleUser)
}

// beforeUpdate is an HTTP client that runs a function before the n-th UpdateItem.
type beforeUpdate struct {
	next aws.HTTPClient
	n    int
	run  func()
}

func (c *beforeUpdate) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		if c.n--; c.n == 0 {
			c.run()
		}
	}
	return c.next.Do(r)
}
