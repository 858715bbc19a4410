package category_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/memstore"
)

var (
	first  = category.Category{ID: "b", Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true, Order: 1}
	second = category.Category{ID: "a", Names: map[string]string{"en": "Account"}, Active: true, Order: 2}
	third  = category.Category{ID: "c", Names: map[string]string{"en": "Closed"}, Order: 2}
	noon   = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
)

// newCache returns a cache over a store with three categories, and its clock.
func newCache(t *testing.T) (*category.Cache, *memstore.Store, *time.Time) {
	t.Helper()
	now := noon
	store := memstore.New(func() time.Time { return now })
	for _, c := range []category.Category{third, second, first} {
		save(t, store, c)
	}
	return category.NewCache(store, func() time.Time { return now }), store, &now
}

func save(t *testing.T, store *memstore.Store, c category.Category) {
	t.Helper()
	if err := store.SaveCategory(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestList_Order(t *testing.T) {
	c, _, _ := newCache(t)
	got, err := c.List(t.Context())
	if want := []category.Category{first, second, third}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// TestList_CacheTTL checks that the list is read again after 20 seconds.
func TestList_CacheTTL(t *testing.T) {
	c, s, now := newCache(t)
	for _, step := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {19 * time.Second, 1}, {20 * time.Second, 2}, {39 * time.Second, 2}, {41 * time.Second, 3}} {
		*now = noon.Add(step.after)
		if _, err := c.List(t.Context()); err != nil || s.Calls("Categories") != step.reads {
			t.Errorf("after %v: got %d reads, %v, want %d", step.after, s.Calls("Categories"), err, step.reads)
		}
	}
}

// TestList_ErrorNotCached checks that the next call reads again.
func TestList_ErrorNotCached(t *testing.T) {
	c, s, _ := newCache(t)
	errDown := errors.New("down")
	s.Before = func(string, string) error { return errDown }
	if _, err := c.List(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("got %v, want %v", err, errDown)
	}
	s.Before = nil
	if got, err := c.List(t.Context()); err != nil || len(got) != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFind(t *testing.T) {
	c, _, _ := newCache(t)
	for id, want := range map[string]struct {
		found, usable bool
	}{"b": {true, true}, "c": {true, false}, "x": {false, false}, "": {false, false}} {
		got, err := c.Find(t.Context(), id)
		if want.found && (err != nil || got.ID != id) || !want.found && !apperr.Is(err, apperr.CategoryNotFound) {
			t.Errorf("Find(%q): got %+v, %v", id, got, err)
		}
		chosen, err := c.Category(t.Context(), id)
		if want.usable && (err != nil || chosen.ID != id || chosen.Names["en"] != got.Names["en"]) || !want.usable && !apperr.Is(err, apperr.CategoryNotFound) {
			t.Errorf("Category(%q): got %+v, %v", id, chosen, err)
		}
	}
}

// TestFind_ReloadsUnknown checks that an unknown id reloads the list, at most
// once a second. The first read may be stale, so the list is read again at once.
func TestFind_ReloadsUnknown(t *testing.T) {
	c, s, now := newCache(t)
	find := func(after time.Duration, id string, found bool, reads int) {
		t.Helper()
		*now = noon.Add(after)
		if _, err := c.Find(t.Context(), id); (err == nil) != found || s.Calls("Categories") != reads {
			t.Errorf("%s after %v: got %v, %d reads", id, after, err, s.Calls("Categories"))
		}
	}
	find(0, "d", false, 2)
	save(t, s, category.Category{ID: "d", Active: true})
	find(999*time.Millisecond, "d", false, 2)
	find(time.Second, "d", true, 3)
	find(3*time.Second, "d", true, 3)
	find(3*time.Second, "e", false, 4)
	find(3*time.Second, "e", false, 4)
}

func TestLocalized(t *testing.T) {
	for _, c := range []struct {
		texts        map[string]string
		locale, want string
	}{
		{first.Names, "fa", "مالی"}, {first.Names, "en", "Billing"}, {first.Names, "de", "Billing"}, {second.Names, "fa", "Account"}, {nil, "en", ""},
		{map[string]string{"fa": "مالی"}, "en", "مالی"}, {map[string]string{"en": "", "fa": "مالی"}, "en", "مالی"},
	} {
		if got := category.Localized(c.texts, c.locale); got != c.want {
			t.Errorf("%v in %s: got %q, want %q", c.texts, c.locale, got, c.want)
		}
	}
}
