package conformance

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
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

// TestCategoryOrder_Last checks that a category after the last possible position gets the same one.
func TestCategoryOrder_Last(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		categories := &category.Admin{Store: db.isolated(), Recorder: recorder}
		last := category.MaxOrder
		_, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": "Other"}, Order: &last})
		must(t, err)
		if next, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": "Billing"}}); err != nil || next.Order != last {
			t.Errorf("got order %d, %v, want %d", next.Order, err, last)
		}
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
		persian, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": "Resume 20", "fa": "کتاب‌های یک"}})
		must(t, err)
		for _, same := range []string{"كتاب‌هاي يك", "کتاب های  یک", "RÉSUMÉ ۲۰", "Ｒesume\u00a020", "Re\u00adsume 20\u200e"} {
			_, err := categories.Create(t.Context(), adminActor, category.Update{Names: map[string]string{"en": same}})
			wantCode(t, same, err, apperr.NameTaken)
		}
		inactive := false
		twin := category.Category{ID: newID(), Active: true, Names: map[string]string{"en": "resume 20"}} // from a version with another rule
		_, revision, err := store.CategoriesConsistent(t.Context())
		must(t, err)
		must(t, store.PutCategory(t.Context(), twin, revision, recorder.NewRecord(adminActor, audit.CategoryCreated, twin.ID, nil, nil)))
		_, err = categories.Update(t.Context(), adminActor, persian.ID, category.Update{Active: &inactive})
		must(t, err)
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
