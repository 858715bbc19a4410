// Package category implements ticket categories.
package category

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/ticket"
)

// Category is a ticket category. Names and descriptions are by language.
type Category struct {
	ID          string
	Names       map[string]string
	Description map[string]string
	Active      bool
	Order       int // position in the list, lowest first
}

// Localized returns the text of a language, else the English one, else that of the first language
// in alphabetical order. It returns "" if there are no texts.
func Localized(texts map[string]string, language string) string {
	for _, l := range slices.Concat([]string{language, locale.English}, slices.Sorted(maps.Keys(texts))) {
		if text := texts[l]; text != "" {
			return text
		}
	}
	return ""
}

// Store reads categories.
type Store interface {
	// Categories returns all categories in no particular order. The read is eventually
	// consistent.
	Categories(ctx context.Context) ([]Category, error)
	// CategoriesConsistent returns all categories and their revision by a consistent
	// read.
	CategoriesConsistent(ctx context.Context) (list []Category, revision int, err error)
}

// cacheTTL is how long the categories are cached, so that creating a ticket costs no
// read. A deleted category accepts tickets for this long.
const cacheTTL = 20 * time.Second

// Cache caches all categories for cacheTTL. It is safe for concurrent use.
type Cache struct {
	store Store
	now   func() time.Time

	mu      sync.Mutex
	list    []Category
	readAt  time.Time
	freshAt time.Time // of the last consistent read
}

// NewCache returns a cache over a store.
func NewCache(store Store, now func() time.Time) *Cache {
	return &Cache{store: store, now: now}
}

// List returns all categories in their order. The caller must not change the slice.
func (c *Cache) List(ctx context.Context) ([]Category, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.readAt.IsZero() && c.now().Sub(c.readAt) < cacheTTL {
		return c.list, nil
	}
	list, err := c.store.Categories(ctx)
	if err != nil {
		return nil, err
	}
	return c.set(list), nil
}

// ListFresh returns all categories in their order by a consistent read, so that an
// administrator sees their own change.
func (c *Cache) ListFresh(ctx context.Context) ([]Category, error) {
	list, _, err := c.store.CategoriesConsistent(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freshAt = c.now()
	return c.set(list), nil
}

// set sorts the categories and stores them in the cache. The caller holds mu.
func (c *Cache) set(list []Category) []Category {
	slices.SortFunc(list, func(a, b Category) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	c.list, c.readAt = list, c.now()
	return list
}

// Find returns a category. It fails with category_not_found. A category that is not in
// the cache may be new, so Find reloads the cache consistently, at most once a second.
func (c *Cache) Find(ctx context.Context, id string) (Category, error) {
	list, err := c.List(ctx)
	if err != nil {
		return Category{}, err
	}
	one, err := find(list, id)
	if err == nil || c.recentlyFresh() {
		return one, err
	}
	if list, err = c.ListFresh(ctx); err != nil {
		return Category{}, err
	}
	return find(list, id)
}

func (c *Cache) recentlyFresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.freshAt.IsZero() && c.now().Sub(c.freshAt) < time.Second
}

// UpdateNames replaces names, by category id and language, by those that the categories have now.
// Those of deleted categories stay.
func (c *Cache) UpdateNames(ctx context.Context, names map[string]map[string]string) error {
	list, err := c.List(ctx)
	for _, one := range list {
		names[one.ID] = one.Names
	}
	return err
}

func find(list []Category, id string) (Category, error) {
	for _, one := range list {
		if one.ID == id {
			return one, nil
		}
	}
	return Category{}, apperr.New(apperr.CategoryNotFound, "")
}

var _ ticket.CategoryStore = (*Cache)(nil)

// Category implements ticket.CategoryStore. An inactive category is not found.
func (c *Cache) Category(ctx context.Context, id string) (ticket.Category, error) {
	found, err := c.Find(ctx, id)
	if err == nil && !found.Active {
		err = apperr.New(apperr.CategoryNotFound, "")
	}
	return ticket.Category{ID: found.ID, Names: found.Names}, err
}
