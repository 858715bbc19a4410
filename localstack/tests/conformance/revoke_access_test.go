package conformance

import (
	"errors"
	"fmt"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

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
	connect := func(u user.User) (actor user.Principal, connection string) {
		actor, connection = u.Principal(""), newID()
		actor.IssuedAt = app.Now()
		must(t, store.AddConnection(t.Context(), realtime.NewConnection(connection, actor, app.Now())))
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

// TestVerifyNewSession_FormerPassword checks that a session ends whose login verified the password
// just before it was replaced, by a reset or by an administrator, and that later ones stay.
func TestVerifyNewSession_FormerPassword(t *testing.T) {
	t.Parallel()
	store, userAdmin := openStore(), newUserAdmin(openStore())
	for name, replace := range map[string]func(account.Login) error{
		"reset": func(l account.Login) error {
			l.Hash = "another"
			return store.ResetPassword(t.Context(), l, storeCode(t, onDynamo, account.PurposeReset), app.Now())
		},
		"administrator": func(l account.Login) error {
			password := "another-password-9"
			_, err := userAdmin.Update(t.Context(), adminActor, l.User.ID, account.UserUpdate{Password: &password})
			return err
		},
	} {
		login := newLogin()
		must(t, store.PutAccount(t.Context(), login))
		for round := range 2 { // the second replaces a password that was replaced before
			before, _, err := store.Login(t.Context(), login.Phone)
			must(t, err)
			must(t, replace(before))
			late := newSession(before.User)
			must(t, store.CreateSession(t.Context(), late, nil))
			_, err = store.SyncUserCopies(t.Context(), login.User.ID)
			must(t, err)
			after, _, err := store.Login(t.Context(), login.Phone)
			must(t, err)
			newer := newSession(after.User)
			must(t, store.CreateSession(t.Context(), newer, nil))
			verify := stream.VerifyNewSession(store, userAdmin.Revoker, store, app.Now)
			must(t, verify(t.Context(), event.SessionStarted{User: before.User, SessionID: late.Family}))
			must(t, verify(t.Context(), event.SessionStarted{User: after.User, SessionID: newer.Family}))
			for _, s := range []account.Session{late, newer} {
				_, found, err := store.Session(t.Context(), login.User.ID, s.Family)
				must(t, err)
				equal(t, fmt.Sprint(name, " ", round, ": session is left"), found, s.Family == newer.Family)
			}
		}
	}
}
