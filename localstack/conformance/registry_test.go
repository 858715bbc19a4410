package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// boss is whoever keeps the book in these tests.
var boss = audit.Actor{ID: "01KA0000000000000000000000", Name: "Mina", Address: "192.0.2.1"}

// pen writes the records of deeds.
var pen = audit.Pen{Now: wiring.Now, NewID: newID}

// noSockets is a house in which nobody has one open.
type noSockets struct{}

func (noSockets) CloseUser(context.Context, string, user.Revocation) error { return nil }

// hangUps notes which connections were closed.
type hangUps map[string]bool

func (h hangUps) Close(_ context.Context, connectionID string) error {
	h[connectionID] = true
	return nil
}

// newRegistry is the book of people over a store.
func newRegistry(store *table.Table) *account.Registry {
	return &account.Registry{
		Ledger: store, Keeper: &account.Keeper{Sessions: store, Sockets: noSockets{}, Now: wiring.Now},
		Pen: pen, Random: rand.Reader, Region: "IR",
	}
}

// enter adds a person by their number alone.
func enter(t *testing.T, book *account.Registry, role user.Role) user.User {
	t.Helper()
	u, err := book.Add(t.Context(), boss, account.NewPerson{Phone: newNumber(), Role: role, Name: "Reza"})
	must(t, err)
	return u
}

// TestOneAdministratorStays: twenty administrators, and each is demoted,
// removed or disabled at the same moment. The last one stays, whoever that is.
func TestOneAdministratorStays(t *testing.T) {
	t.Parallel()
	store := ownTable(t)
	book := newRegistry(store)
	var admins []user.User
	for range 20 {
		admins = append(admins, enter(t, book, user.RoleAdmin))
	}
	demoted, disabled := user.RoleSupport, true
	kinds := atOnce(len(admins), func(i int) error {
		var err error
		switch i % 3 {
		case 0:
			_, err = book.Change(t.Context(), boss, admins[i].ID, account.Edit{Role: &demoted})
		case 1:
			_, err = book.Change(t.Context(), boss, admins[i].ID, account.Edit{Disabled: &disabled})
		default:
			err = book.Remove(t.Context(), boss, admins[i].ID)
		}
		return err
	})
	same(t, "outcomes", kinds, map[fault.Kind]int{"": 19, fault.LastAdmin: 1})
	all, next, err := book.List(t.Context(), account.Wanted{Role: user.RoleAdmin, Limit: 100}, nil)
	must(t, err)
	left := slices.DeleteFunc(all, func(u user.User) bool { return u.Disabled })
	if len(left) != 1 || next != nil {
		t.Fatalf("got %+v, %v, want one administrator", left, next)
	}
	refused(t, "to remove the last one", book.Remove(t.Context(), boss, left[0].ID), fault.LastAdmin)

	// Whoever is demoted many times at once is counted once.
	second := enter(t, book, user.RoleAdmin)
	third := enter(t, book, user.RoleAdmin)
	kinds = atOnce(10, func(int) error {
		_, err := book.Change(t.Context(), boss, second.ID, account.Edit{Role: &demoted})
		return err
	})
	same(t, "ten demotions of one", kinds, map[fault.Kind]int{"": 10})
	must(t, book.Remove(t.Context(), boss, third.ID))
	_, err = book.Change(t.Context(), boss, left[0].ID, account.Edit{Disabled: &disabled})
	refused(t, "to disable the last one", err, fault.LastAdmin)
}

// TestPeopleInTheBook: what is entered opens the door, what is changed is
// changed in the login too, and a number belongs to one person.
func TestPeopleInTheBook(t *testing.T) {
	t.Parallel()
	book, number := newRegistry(open()), newNumber()
	person := account.NewPerson{Phone: number, Role: user.RoleSupport, Name: "Sara", Email: "s@example.com", Password: password}
	kinds := atOnce(8, func(int) error {
		_, err := book.Add(t.Context(), boss, person)
		return err
	})
	same(t, "eight at once with one number", kinds, map[fault.Kind]int{"": 1, fault.PhoneTaken: 7})
	login, found, err := open().Login(t.Context(), number)
	if err != nil || !found || login.Hash == "" {
		t.Fatalf("got %+v, %v, %v", login, found, err)
	}
	sara, err := book.Find(t.Context(), login.User.ID)
	must(t, err)
	same(t, "the login's copy", login.User, sara)

	other := enter(t, book, user.RoleUser)
	_, err = book.Change(t.Context(), boss, sara.ID, account.Edit{Phone: &other.Phone})
	refused(t, "another's number", err, fault.PhoneTaken)

	moved, name, role := newNumber(), "Sara Karimi", user.RoleUser
	now, err := book.Change(t.Context(), boss, sara.ID, account.Edit{Phone: &moved, Name: &name, Role: &role})
	must(t, err)
	stored, err := book.Find(t.Context(), sara.ID)
	must(t, err)
	same(t, "changed", stored, now)
	if _, found, err = open().Login(t.Context(), number); err != nil || found {
		t.Errorf("the old number: got %v, %v", found, err)
	}
	took, _, err := open().Login(t.Context(), moved)
	must(t, err)
	same(t, "login under the new number", took, account.Login{Phone: moved, Hash: login.Hash, User: now})

	next := "another-horse-8"
	s := newSession(now)
	must(t, open().AddSession(t.Context(), s, nil))
	_, err = book.Change(t.Context(), boss, sara.ID, account.Edit{Password: &next})
	must(t, err)
	if took, _, err = open().Login(t.Context(), moved); err != nil || took.Hash == login.Hash {
		t.Errorf("a new password: got the old hash, %v", err)
	}
	if _, found, err = open().Session(t.Context(), sara.ID, s.Family); err != nil || found {
		t.Errorf("a session behind a new password: got %v, %v", found, err)
	}

	must(t, book.Remove(t.Context(), boss, sara.ID))
	refused(t, "to remove twice", book.Remove(t.Context(), boss, sara.ID), fault.UserNotFound)
	if _, found, err = open().Login(t.Context(), moved); err != nil || found {
		t.Errorf("the login of a removed person: got %v, %v", found, err)
	}
	newPeople(t, open()).signUp(t, moved)
}

// TestPeopleByRole: pages by role and of everybody, the newest first.
func TestPeopleByRole(t *testing.T) {
	t.Parallel()
	book := newRegistry(ownTable(t))
	now := wiring.Now()
	all := map[user.Role][]string{}
	for i := range 9 {
		book.Pen.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		role := []user.Role{user.RoleUser, user.RoleSupport, user.RoleUser}[i%3]
		u := enter(t, book, role)
		for _, list := range []user.Role{"", role} {
			all[list] = append([]string{u.ID}, all[list]...)
		}
	}
	for _, role := range []user.Role{"", user.RoleUser, user.RoleSupport, user.RoleAdmin} {
		var ids []string
		for cursor, n := map[string]string(nil), 0; n == 0 || cursor != nil; n++ {
			people, next, err := book.List(t.Context(), account.Wanted{Role: role, Limit: 2}, cursor)
			must(t, err)
			for _, u := range people {
				ids = append(ids, u.ID)
			}
			cursor = next
		}
		same(t, fmt.Sprintf("people of role %q", role), ids, all[role])
	}
}

// TestCategoryNamesAreUnique, however many want one at the same moment.
func TestCategoryNamesAreUnique(t *testing.T) {
	t.Parallel()
	store := ownTable(t)
	editor := &category.Editor{Shelf: store, Pen: pen}
	kinds := atOnce(10, func(i int) error {
		name := []string{"Refunds", "refunds "}[i%2]
		_, err := editor.Add(t.Context(), boss, category.Edit{Names: map[string]string{"en": name, "fa": fmt.Sprint("بازپرداخت", i)}})
		return err
	})
	same(t, "ten with one name", kinds, map[fault.Kind]int{"": 1, fault.NameTaken: 9})
	kinds = atOnce(10, func(i int) error {
		_, err := editor.Add(t.Context(), boss, category.Edit{Names: map[string]string{"en": fmt.Sprint("Kind ", i)}})
		return err
	})
	same(t, "ten with ten names", kinds, map[fault.Kind]int{"": 10})
	list, _, err := store.Shelf(t.Context())
	must(t, err)
	places := map[int]bool{}
	for _, c := range list {
		places[c.Order] = true
	}
	if len(list) != 11 || len(places) != 11 {
		t.Errorf("got %d categories in %d places, want 11 in 11", len(list), len(places))
	}
	_, err = editor.Change(t.Context(), boss, list[0].ID, category.Edit{Names: map[string]string{"fa": list[1].Names["en"]}})
	refused(t, "a name that another has in another language", err, fault.NameTaken)
	must(t, editor.Remove(t.Context(), boss, list[1].ID))
	_, err = editor.Change(t.Context(), boss, list[0].ID, category.Edit{Names: map[string]string{"fa": list[1].Names["en"]}})
	must(t, err)
	refused(t, "to remove twice", editor.Remove(t.Context(), boss, list[1].ID), fault.CategoryNotFound)
}

// TestDeedsArePaged: each deed is noted once, what was refused is not, and
// pages go from the newest to the oldest.
func TestDeedsArePaged(t *testing.T) {
	t.Parallel()
	store := ownTable(t)
	book := newRegistry(store)
	admin := enter(t, book, user.RoleAdmin)
	one := enter(t, book, user.RoleUser)
	name, next := "Reza Karimi", "another-horse-8"
	_, err := book.Change(t.Context(), boss, one.ID, account.Edit{Name: &name, Password: &next})
	must(t, err)
	_, err = book.Change(t.Context(), boss, one.ID, account.Edit{Name: &name}) // as it is
	must(t, err)
	refused(t, "the last one", book.Remove(t.Context(), boss, admin.ID), fault.LastAdmin)
	must(t, book.Remove(t.Context(), boss, one.ID))

	var deeds []audit.Record
	for before := ""; ; before = deeds[len(deeds)-1].ID {
		page, err := store.Audit(t.Context(), before, 3)
		must(t, err)
		if deeds = append(deeds, page...); len(page) < 3 {
			break
		}
	}
	var told []string
	for _, d := range deeds {
		told = append(told, d.Action+" "+d.Target)
		same(t, "actor", d.Actor, boss)
	}
	same(t, "deeds", told, []string{
		"user.removed " + one.ID, "user.changed " + one.ID, "user.created " + one.ID, "user.created " + admin.ID,
	})
	same(t, "before", deeds[1].Before, audit.Facts{"name": "Reza"})
	same(t, "after", deeds[1].After, audit.Facts{"name": name, "password": "changed"})
}

// TestPeopleAreSearched by the words of name, e-mail and number, with a role
// or without.
func TestPeopleAreSearched(t *testing.T) {
	t.Parallel()
	store := ownTable(t)
	book, learn := newRegistry(store), stream.Search(store)
	var people []user.User
	for i := range 6 {
		u, err := book.Add(t.Context(), boss, account.NewPerson{
			Phone: newNumber(), Name: fmt.Sprint("Reza Karimi ", i), Email: fmt.Sprintf("reza%d@example.com", i),
			Role: []user.Role{user.RoleUser, user.RoleSupport}[i%2],
		})
		must(t, err)
		must(t, learn(t.Context(), table.Change{Created: true, Is: &u}))
		people = append([]user.User{u}, people...)
	}
	ask := func(typed string, role user.Role) (names []string) {
		w := account.Wanted{Role: role, Text: typed, Limit: 2}
		for cursor, n := map[string]string(nil), 0; n == 0 || cursor != nil; n++ {
			page, next, err := book.List(t.Context(), w, cursor)
			must(t, err)
			for _, u := range page {
				names = append(names, strings.TrimPrefix(u.Name, "Reza Karimi "))
			}
			cursor = next
		}
		return names
	}
	same(t, "all", ask("karimi rez", ""), []string{"5", "4", "3", "2", "1", "0"})
	same(t, "of a role", ask("karimi", user.RoleSupport), []string{"5", "3", "1"})
	same(t, "of no role of theirs", ask("karimi", user.RoleAdmin), nil)
	same(t, "by e-mail", ask("reza4@example.com", ""), []string{"4"})
	same(t, "by number", ask("0"+people[0].Phone[3:], ""), []string{"5"})
	same(t, "by the beginning of a number", ask(people[0].Phone[:9], user.RoleSupport), []string{"5", "3", "1"})
	same(t, "by id", ask(people[5].ID, ""), []string{"0"})
	same(t, "nobody", ask("nobody", ""), nil)
	must(t, book.Remove(t.Context(), boss, people[0].ID))
	same(t, "removed, before the stream has told it", ask("karimi", user.RoleSupport), []string{"3", "1"})
}

// TestRightsThatChangeAreEnforced before the change is answered: what carries
// the old ones is void. Another name is no other right.
func TestRightsThatChangeAreEnforced(t *testing.T) {
	book := newRegistry(open())
	name, role, number, password, yes, no := "Reza", user.RoleUser, newNumber(), "another-horse-8", true, false
	edit := func(e account.Edit) func(string) error {
		return func(id string) error {
			_, err := book.Change(t.Context(), boss, id, e)
			return err
		}
	}
	for what, c := range map[string]struct {
		change func(id string) error
		void   bool
	}{
		"another name": {edit(account.Edit{Name: &name}), false}, "another role": {edit(account.Edit{Role: &role}), true},
		"another number": {edit(account.Edit{Phone: &number}), true}, "another password": {edit(account.Edit{Password: &password}), true},
		"disabled": {edit(account.Edit{Disabled: &yes}), true},
		"let in again": {func(id string) error {
			return errors.Join(edit(account.Edit{Disabled: &yes})(id), edit(account.Edit{Disabled: &no})(id))
		}, true},
		"another role of a disabled person": {func(id string) error {
			return errors.Join(edit(account.Edit{Disabled: &yes})(id), edit(account.Edit{Role: &role})(id))
		}, true},
		"removed": {func(id string) error { return book.Remove(t.Context(), boss, id) }, true},
	} {
		u := enter(t, book, user.RoleSupport)
		before := u.Principal("")
		before.IssuedAt = wiring.Now()
		must(t, c.change(u.ID))
		err := account.NewRevocations(open(), wiring.Now).Check(t.Context(), before)
		if fault.Is(err, fault.TokenExpired) != c.void || !c.void && err != nil {
			t.Errorf("%s: got %v, void %v", what, err, c.void)
		}
	}
}

// TestRightsAreEndedOnce: the stream tells of a change again, after who was
// changed has come back. What was opened with the new rights stays.
func TestRightsAreEndedOnce(t *testing.T) {
	t.Parallel()
	store, closed := open(), hangUps{}
	book := newRegistry(store)
	book.Keeper.Sockets = &realtime.Exit{Store: store, Closer: closed}
	door := &realtime.Door{Store: store, Now: wiring.Now, Random: rand.Reader}
	enters := func(u user.User) (who user.Principal, connection string) {
		who, connection = u.Principal(""), newID()
		who.IssuedAt = wiring.Now()
		must(t, door.Open(t.Context(), connection, who))
		return who, connection
	}
	u, agent := enter(t, book, user.RoleUser), user.RoleSupport
	before, old := enters(u)
	u, err := book.Change(t.Context(), boss, u.ID, account.Edit{Role: &agent})
	must(t, err)
	now, young := enters(u)
	for range 2 {
		must(t, stream.Shut(store, book.Keeper)(t.Context(), table.Change{Shut: u.ID}))
	}
	check := account.NewRevocations(store, wiring.Now).Check
	if err := check(t.Context(), before); !fault.Is(err, fault.TokenExpired) {
		t.Errorf("with the role of before: got %v, want token_expired", err)
	}
	must(t, check(t.Context(), now))
	if !closed[old] || closed[young] {
		t.Errorf("closed %v, want %s alone", closed, old)
	}

	for _, disabled := range []bool{true, false} {
		_, err = book.Change(t.Context(), boss, u.ID, account.Edit{Disabled: &disabled})
		must(t, err)
	}
	again, last := enters(u)
	session := newSession(u)
	must(t, store.AddSession(t.Context(), session, nil))
	must(t, stream.Shut(store, book.Keeper)(t.Context(), table.Change{Shut: u.ID}))
	must(t, check(t.Context(), again))
	if _, found, err := store.Session(t.Context(), u.ID, session.Family); err != nil || !found || !closed[young] || closed[last] {
		t.Errorf("let in again: got session %v, %v, closed %v, want %s open", found, err, closed, last)
	}
}

// TestLoginBesideADisabling: whoever was let in while they were being disabled
// is out again as soon as the stream tells of the session.
func TestLoginBesideADisabling(t *testing.T) {
	t.Parallel()
	store, book := open(), newRegistry(open())
	u, disabled := enter(t, book, user.RoleSupport), true
	_, err := book.Change(t.Context(), boss, u.ID, account.Edit{Disabled: &disabled})
	must(t, err)
	late := newSession(u) // with the rights that were read before
	must(t, store.AddSession(t.Context(), late, nil))
	must(t, stream.Begun(store, book.Keeper)(t.Context(), table.Change{Begun: &u}))
	if _, found, err := store.Session(t.Context(), u.ID, late.Family); err != nil || found {
		t.Errorf("got the session %v, %v, want none", found, err)
	}
}
