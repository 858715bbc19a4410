package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// adminActor is the administrator in audit records.
var adminActor = audit.Actor{ID: "01KA0000000000000000000000", Name: "Mina", Address: "192.0.2.1"}

// recorder makes audit records.
var recorder = audit.Recorder{Now: app.Now, NewID: newID}

// noSockets is a SocketCloser without open sockets.
type noSockets struct{}

func (noSockets) CloseUser(context.Context, string, user.Revocation) error { return nil }

// fakeCloser records the ids of the closed connections.
type fakeCloser map[string]bool

func (c fakeCloser) Close(_ context.Context, connectionID string) error {
	c[connectionID] = true
	return nil
}

// newUserAdmin returns the user administration over a store.
func newUserAdmin(store testStore) *account.UserAdmin {
	return &account.UserAdmin{
		UserDirectory: &account.UserDirectory{Store: store, Recorder: recorder, Random: rand.Reader, DefaultRegion: "IR"},
		Store:         store, Revoker: &account.AccessRevoker{Sessions: store, Sockets: noSockets{}, Now: app.Now},
	}
}

// addUser creates a user with a new phone number.
func addUser(t *testing.T, userAdmin *account.UserAdmin, role user.Role) user.User {
	t.Helper()
	u, err := userAdmin.Create(t.Context(), adminActor, account.CreateUserParams{Phone: newPhone(), Role: role, Name: "Reza"})
	must(t, err)
	return u
}

// TestLastAdminKept demotes, deletes or disables 20 administrators at once. One must
// remain.
func TestLastAdminKept(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		userAdmin := newUserAdmin(store)
		var admins []user.User
		for range 20 {
			admins = append(admins, addUser(t, userAdmin, user.RoleAdmin))
		}
		demoted, disabled := user.RoleSupport, true
		byCode := concurrently(len(admins), func(i int) error {
			var err error
			switch i % 3 {
			case 0:
				_, err = userAdmin.Update(t.Context(), adminActor, admins[i].ID, account.UserUpdate{Role: &demoted})
			case 1:
				_, err = userAdmin.Update(t.Context(), adminActor, admins[i].ID, account.UserUpdate{Disabled: &disabled})
			default:
				err = userAdmin.Delete(t.Context(), adminActor, admins[i].ID)
			}
			return err
		})
		equal(t, "outcomes", byCode, map[apperr.Code]int{"": 19, apperr.LastAdmin: 1})
		all, next, err := userAdmin.List(t.Context(), account.UserQuery{Role: user.RoleAdmin, Limit: 100}, nil)
		must(t, err)
		left := slices.DeleteFunc(all, func(u user.User) bool { return u.Disabled })
		if len(left) != 1 || next != nil {
			t.Fatalf("got %+v, %v, want one administrator", left, next)
		}
		wantCode(t, "delete the last administrator", userAdmin.Delete(t.Context(), adminActor, left[0].ID), apperr.LastAdmin)

		// Concurrent demotions of one administrator are counted once.
		second := addUser(t, userAdmin, user.RoleAdmin)
		third := addUser(t, userAdmin, user.RoleAdmin)
		byCode = concurrently(10, func(int) error {
			_, err := userAdmin.Update(t.Context(), adminActor, second.ID, account.UserUpdate{Role: &demoted})
			return err
		})
		equal(t, "ten demotions of one administrator", byCode, map[apperr.Code]int{"": 10})
		must(t, userAdmin.Delete(t.Context(), adminActor, third.ID))
		_, err = userAdmin.Update(t.Context(), adminActor, left[0].ID, account.UserUpdate{Disabled: &disabled})
		wantCode(t, "disable the last administrator", err, apperr.LastAdmin)
	})
}

// TestUserAdmin creates, updates and deletes a user, and checks the login. A phone
// number belongs to one user.
func TestUserAdmin(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		userAdmin, phone := newUserAdmin(db.open()), newPhone()
		params := account.CreateUserParams{Phone: phone, Role: user.RoleSupport, Name: "Sara", Email: "s@example.com", Password: password}
		byCode := concurrently(8, func(int) error {
			_, err := userAdmin.Create(t.Context(), adminActor, params)
			return err
		})
		equal(t, "eight concurrent creates with one phone number", byCode, map[apperr.Code]int{"": 1, apperr.PhoneTaken: 7})
		login, found, err := db.open().Login(t.Context(), phone)
		if err != nil || !found || login.Hash == "" {
			t.Fatalf("got %+v, %v, %v", login, found, err)
		}
		sara, err := userAdmin.Get(t.Context(), login.User.ID)
		must(t, err)
		equal(t, "copy in the login", login.User, sara)

		other := addUser(t, userAdmin, user.RoleUser)
		_, err = userAdmin.Update(t.Context(), adminActor, sara.ID, account.UserUpdate{Phone: &other.Phone})
		wantCode(t, "another user's phone number", err, apperr.PhoneTaken)

		moved, name, role := newPhone(), "Sara Karimi", user.RoleUser
		now, err := userAdmin.Update(t.Context(), adminActor, sara.ID, account.UserUpdate{Phone: &moved, Name: &name, Role: &role})
		must(t, err)
		stored, err := userAdmin.Get(t.Context(), sara.ID)
		must(t, err)
		equal(t, "changed", stored, now)
		if _, found, err = db.open().Login(t.Context(), phone); err != nil || found {
			t.Errorf("old phone number: got %v, %v", found, err)
		}
		took, _, err := db.open().Login(t.Context(), moved)
		must(t, err)
		equal(t, "login by the new phone number", took, account.Login{Phone: moved, Hash: login.Hash, User: now})

		next := "another-horse-8"
		s := newSession(now)
		must(t, db.open().CreateSession(t.Context(), s, nil))
		_, err = userAdmin.Update(t.Context(), adminActor, sara.ID, account.UserUpdate{Password: &next})
		must(t, err)
		if took, _, err = db.open().Login(t.Context(), moved); err != nil || took.Hash == login.Hash {
			t.Errorf("new password: got the old hash, %v", err)
		}
		if _, found, err = db.open().Session(t.Context(), sara.ID, s.Family); err != nil || found {
			t.Errorf("session after a new password: got %v, %v", found, err)
		}

		must(t, userAdmin.Delete(t.Context(), adminActor, sara.ID))
		wantCode(t, "delete twice", userAdmin.Delete(t.Context(), adminActor, sara.ID), apperr.UserNotFound)
		if _, found, err = db.open().Login(t.Context(), moved); err != nil || found {
			t.Errorf("login of a deleted user: got %v, %v", found, err)
		}
		newAccounts(t, db.open()).signUp(t, moved)
	})
}

// TestCategoryNames_Unique creates categories with the same name concurrently.
func TestCategoryNames_Unique(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		categories := &category.Admin{Store: store, Recorder: recorder}
		byCode := concurrently(10, func(i int) error {
			name := []string{"Refunds", "refunds "}[i%2]
			_, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": name, "fa": fmt.Sprint("بازپرداخت", i)}})
			return err
		})
		equal(t, "ten with one name", byCode, map[apperr.Code]int{"": 1, apperr.NameTaken: 9})
		byCode = concurrently(10, func(i int) error {
			_, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": fmt.Sprint("Kind ", i)}})
			return err
		})
		equal(t, "ten with ten names", byCode, map[apperr.Code]int{"": 10})
		list, _, err := store.CategoriesConsistent(t.Context())
		must(t, err)
		orders := map[int]bool{}
		for _, c := range list {
			orders[c.Order] = true
		}
		if len(list) != 11 || len(orders) != 11 {
			t.Errorf("got %d categories with %d order values, want 11 and 11", len(list), len(orders))
		}
		_, err = categories.Update(t.Context(), adminActor, list[0].ID, category.Update{Names: map[string]string{"fa": list[1].Names["en"]}})
		wantCode(t, "a name of another category in another language", err, apperr.NameTaken)
		must(t, categories.Delete(t.Context(), adminActor, list[1].ID))
		_, err = categories.Update(t.Context(), adminActor, list[0].ID, category.Update{Names: map[string]string{"fa": list[1].Names["en"]}})
		must(t, err)
		wantCode(t, "delete twice", categories.Delete(t.Context(), adminActor, list[1].ID), apperr.CategoryNotFound)
	})
}

// TestAuditPagination checks that each change has one audit record, that a rejected
// change has none, and that pages are newest first.
func TestAuditPagination(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		userAdmin := newUserAdmin(store)
		admin := addUser(t, userAdmin, user.RoleAdmin)
		one := addUser(t, userAdmin, user.RoleUser)
		name, next := "Reza Karimi", "another-horse-8"
		_, err := userAdmin.Update(t.Context(), adminActor, one.ID, account.UserUpdate{Name: &name, Password: &next})
		must(t, err)
		_, err = userAdmin.Update(t.Context(), adminActor, one.ID, account.UserUpdate{Name: &name}) // no change
		must(t, err)
		wantCode(t, "the last administrator", userAdmin.Delete(t.Context(), adminActor, admin.ID), apperr.LastAdmin)
		must(t, userAdmin.Delete(t.Context(), adminActor, one.ID))

		var records []audit.Record
		for q := (audit.Query{Limit: 3}); q.Before != "" || len(records) == 0; {
			page, next, err := store.AuditRecords(t.Context(), q)
			must(t, err)
			records, q.Before = append(records, page...), next
		}
		var actions []string
		for _, record := range records {
			actions = append(actions, record.Action+" "+record.Target)
			want := adminActor
			want.Name = user.DeletedName // no user has this id
			equal(t, "actor", record.Actor, want)
		}
		equal(t, "audit records", actions, []string{
			"user.removed " + one.ID, "user.changed " + one.ID, "user.created " + one.ID, "user.created " + admin.ID,
		})
		equal(t, "before", records[1].Before, audit.Fields{"name": "Reza"})
		equal(t, "after", records[1].After, audit.Fields{"name": name, "password": "changed"})
	})
}

// TestRevokeAccess_OnUpdate checks which updates revoke tokens with the old rights
// before they return.
func TestRevokeAccess_OnUpdate(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		userAdmin := newUserAdmin(db.open())
		name, role, phone, password, yes, no := "Reza", user.RoleUser, newPhone(), "another-horse-8", true, false
		edit := func(e account.UserUpdate) func(string) error {
			return func(id string) error {
				_, err := userAdmin.Update(t.Context(), adminActor, id, e)
				return err
			}
		}
		for what, c := range map[string]struct {
			change func(id string) error
			void   bool
		}{
			"another name": {edit(account.UserUpdate{Name: &name}), false}, "another role": {edit(account.UserUpdate{Role: &role}), true},
			"another phone number": {edit(account.UserUpdate{Phone: &phone}), true}, "another password": {edit(account.UserUpdate{Password: &password}), true},
			"disabled": {edit(account.UserUpdate{Disabled: &yes}), true},
			"enabled again": {func(id string) error {
				return errors.Join(edit(account.UserUpdate{Disabled: &yes})(id), edit(account.UserUpdate{Disabled: &no})(id))
			}, true},
			"another role of a disabled user": {func(id string) error {
				return errors.Join(edit(account.UserUpdate{Disabled: &yes})(id), edit(account.UserUpdate{Role: &role})(id))
			}, true},
			"removed": {func(id string) error { return userAdmin.Delete(t.Context(), adminActor, id) }, true},
		} {
			u := addUser(t, userAdmin, user.RoleSupport)
			before := u.Principal("")
			before.IssuedAt = app.Now()
			must(t, c.change(u.ID))
			err := account.NewRevocationCache(db.open(), app.Now).Check(t.Context(), before)
			if apperr.Is(err, apperr.TokenExpired) != c.void || !c.void && err != nil {
				t.Errorf("%s: got %v, void %v", what, err, c.void)
			}
		}
	})
}

// TestRevokeAccess_Repeated repeats the stream record of a change after the user has
// logged in again. Tokens and sockets with the new rights stay valid.
func TestRevokeAccess_Repeated(t *testing.T) {
	t.Parallel()
	store, closed := openStore(), fakeCloser{}
	userAdmin := newUserAdmin(store)
	userAdmin.Revoker.Sockets = &realtime.Disconnector{Store: store, Closer: closed}
	tokens := &realtime.ConnectTokens{Store: store, Now: app.Now, Random: rand.Reader}
	connect := func(u user.User) (actor user.Principal, connection string) {
		actor, connection = u.Principal(""), newID()
		actor.IssuedAt = app.Now()
		must(t, tokens.Register(t.Context(), connection, actor))
		return actor, connection
	}
	u, agent := addUser(t, userAdmin, user.RoleUser), user.RoleSupport
	before, old := connect(u)
	u, err := userAdmin.Update(t.Context(), adminActor, u.ID, account.UserUpdate{Role: &agent})
	must(t, err)
	now, newer := connect(u)
	for range 2 {
		must(t, stream.RevokeChangedRights(store, userAdmin.Revoker)(t.Context(), roleChanged(u)))
	}
	check := account.NewRevocationCache(store, app.Now).Check
	if err := check(t.Context(), before); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("with the old role: got %v, want token_expired", err)
	}
	must(t, check(t.Context(), now))
	if !closed[old] || closed[newer] {
		t.Errorf("closed %v, want only %s", closed, old)
	}

	for _, disabled := range []bool{true, false} {
		_, err = userAdmin.Update(t.Context(), adminActor, u.ID, account.UserUpdate{Disabled: &disabled})
		must(t, err)
	}
	again, last := connect(u)
	session := newSession(u)
	must(t, store.CreateSession(t.Context(), session, nil))
	must(t, stream.RevokeChangedRights(store, userAdmin.Revoker)(t.Context(), roleChanged(u)))
	must(t, check(t.Context(), again))
	if _, found, err := store.Session(t.Context(), u.ID, session.Family); err != nil || !found || !closed[newer] || closed[last] {
		t.Errorf("enabled again: got session %v, %v, closed %v, want %s open", found, err, closed, last)
	}
}

// roleChanged returns the event of a user whose role was another one before.
func roleChanged(u user.User) event.Event {
	old := u
	old.Role = "previous"
	return event.UserChanged{Old: old, New: u}
}

// TestVerifyNewSession_DisabledUser checks that a session created while the user was
// being disabled is deleted by the stream handler.
func TestVerifyNewSession_DisabledUser(t *testing.T) {
	t.Parallel()
	store, userAdmin := openStore(), newUserAdmin(openStore())
	u, disabled := addUser(t, userAdmin, user.RoleSupport), true
	_, err := userAdmin.Update(t.Context(), adminActor, u.ID, account.UserUpdate{Disabled: &disabled})
	must(t, err)
	late := newSession(u) // with the rights of before the update
	must(t, store.CreateSession(t.Context(), late, nil))
	must(t, stream.VerifyNewSession(store, userAdmin.Revoker, store, app.Now)(t.Context(), event.SessionStarted{User: u}))
	if _, found, err := store.Session(t.Context(), u.ID, late.Family); err != nil || found {
		t.Errorf("got the session %v, %v, want none", found, err)
	}
}

// TestVerifyNewSession_FormerNumber changes the phone number of a user, in a session that
// the stream reports late. Only a session that was opened with the former number during
// the change ends; after a change by an administrator none does.
func TestVerifyNewSession_FormerNumber(t *testing.T) {
	t.Parallel()
	store, userAdmin, login := openStore(), newUserAdmin(openStore()), newLogin()
	must(t, store.PutAccount(t.Context(), login))
	kept, late := newSession(login.User), newSession(login.User)
	must(t, store.CreateSession(t.Context(), kept, nil))
	moved, err := store.ChangePhone(t.Context(), account.PhoneChange{
		User: login.User, Phone: newPhone(), Codes: []account.OneTimeCode{storeCode(t, onDynamo, "phone")}, Session: kept.Family, At: app.Now(),
	})
	must(t, err)
	must(t, store.CreateSession(t.Context(), late, nil)) // its login read the former number
	_, err = store.SyncUserCopies(t.Context(), login.User.ID)
	must(t, err)
	newer := newSession(moved)
	must(t, store.CreateSession(t.Context(), newer, nil))
	verify := stream.VerifyNewSession(store, userAdmin.Revoker, store, app.Now)
	for _, s := range []account.Session{kept, late, newer} {
		for range 2 { // the stream may repeat a record
			must(t, verify(t.Context(), event.SessionStarted{User: s.User, SessionID: s.Family}))
		}
	}
	for _, s := range []account.Session{kept, late, newer} {
		_, found, err := store.Session(t.Context(), s.User.ID, s.Family)
		must(t, err)
		equal(t, "session is left", found, s != late)
	}
	changed, phone := moved, newPhone()
	changed, err = userAdmin.Update(t.Context(), adminActor, changed.ID, account.UserUpdate{Phone: &phone})
	must(t, err)
	must(t, verify(t.Context(), event.SessionStarted{User: newer.User, SessionID: newer.Family}))
	stored, found, err := store.Session(t.Context(), newer.User.ID, newer.Family)
	if err != nil || !found || stored.User.Phone != changed.Phone {
		t.Errorf("after a change by an administrator: got %+v, %v, %v", stored, found, err)
	}
}
