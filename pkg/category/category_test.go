package category_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
)

// memStore is a Store in memory that counts how often it is read.
type memStore struct {
	list  []category.Category
	err   error
	reads int

	revision int
}

func (s *memStore) Categories(context.Context) ([]category.Category, error) {
	s.reads++
	return append([]category.Category(nil), s.list...), s.err
}

func (s *memStore) CategoriesConsistent(ctx context.Context) ([]category.Category, int, error) {
	list, err := s.Categories(ctx)
	return list, s.revision, err
}

var (
	first  = category.Category{ID: "b", Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true, Order: 1}
	second = category.Category{ID: "a", Names: map[string]string{"en": "Account"}, Active: true, Order: 2}
	third  = category.Category{ID: "c", Names: map[string]string{"en": "Closed"}, Order: 2}
	noon   = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
)

// newCache is one over a shelf, at a time that the test may move.
func newCache() (*category.Cache, *memStore, *time.Time) {
	s, now := &memStore{list: []category.Category{third, second, first}}, noon
	return category.NewCache(s, func() time.Time { return now }), s, &now
}

func TestList_Order(t *testing.T) {
	c, _, _ := newCache()
	got, err := c.List(context.Background())
	if want := []category.Category{first, second, third}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// TestList_CacheTTL for twenty seconds, and then is read again.
func TestList_CacheTTL(t *testing.T) {
	c, s, now := newCache()
	for _, step := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {19 * time.Second, 1}, {20 * time.Second, 2}, {39 * time.Second, 2}, {41 * time.Second, 3}} {
		*now = noon.Add(step.after)
		if _, err := c.List(context.Background()); err != nil || s.reads != step.reads {
			t.Errorf("after %v: got %d reads, %v, want %d", step.after, s.reads, err, step.reads)
		}
	}
}

// TestList_ErrorNotCached: the next one tries again.
func TestList_ErrorNotCached(t *testing.T) {
	c, s, _ := newCache()
	s.err = errors.New("no answer")
	if _, err := c.List(context.Background()); !errors.Is(err, s.err) {
		t.Errorf("got %v, want %v", err, s.err)
	}
	s.err = nil
	if got, err := c.List(context.Background()); err != nil || len(got) != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFind(t *testing.T) {
	c, _, _ := newCache()
	for id, want := range map[string]struct {
		found, usable bool
	}{"b": {true, true}, "c": {true, false}, "x": {false, false}, "": {false, false}} {
		got, err := c.Find(context.Background(), id)
		if want.found && (err != nil || got.ID != id) || !want.found && !apperr.Is(err, apperr.CategoryNotFound) {
			t.Errorf("find %q: got %+v, %v", id, got, err)
		}
		chosen, err := c.Category(context.Background(), id)
		if want.usable && (err != nil || chosen.ID != id || chosen.Names["en"] != got.Names["en"]) || !want.usable && !apperr.Is(err, apperr.CategoryNotFound) {
			t.Errorf("file under %q: got %+v, %v", id, chosen, err)
		}
	}
}

// TestFind_ReloadsUnknown for what the copy does not know, once a second at most.
func TestFind_ReloadsUnknown(t *testing.T) {
	c, s, now := newCache()
	find := func(after time.Duration, id string, found bool, reads int) {
		t.Helper()
		*now = noon.Add(after)
		if _, err := c.Find(context.Background(), id); (err == nil) != found || s.reads != reads {
			t.Errorf("%s after %v: got %v, %d reads", id, after, err, s.reads)
		}
	}
	find(0, "d", false, 1)
	s.list = append(s.list, category.Category{ID: "d", Active: true})
	find(999*time.Millisecond, "d", false, 1)
	find(time.Second, "d", true, 2)
	find(3*time.Second, "d", true, 2)
	find(3*time.Second, "e", false, 3)
	find(3*time.Second, "e", false, 3)
}

func TestLocalized(t *testing.T) {
	for _, c := range []struct {
		texts        map[string]string
		locale, want string
	}{
		{first.Names, "fa", "مالی"}, {first.Names, "en", "Billing"}, {first.Names, "de", "Billing"}, {second.Names, "fa", "Account"}, {nil, "en", ""},
	} {
		if got := category.Localized(c.texts, c.locale); got != c.want {
			t.Errorf("%v in %s: got %q, want %q", c.texts, c.locale, got, c.want)
		}
	}
}
