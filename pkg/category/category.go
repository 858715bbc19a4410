// Package category is the catalogue that tickets are filed under.
package category

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/ticket"
)

// Category is one shelf of the catalogue. Names and About are by language: en, fa.
type Category struct {
	ID          string
	Names       map[string]string
	Description map[string]string
	Active      bool
	Order       int // place in the list, lowest first
}

// Localized picks a text by language, English when there is none.
func Localized(texts map[string]string, language string) string {
	if text, ok := texts[language]; ok {
		return text
	}
	return texts[locale.English]
}

// Store keeps the catalogue.
type Store interface {
	// Categories reads them all, in no order.
	Categories(ctx context.Context) ([]Category, error)
	// CategoriesConsistent is that of Shelf: as they are now.
	CategoriesConsistent(ctx context.Context) (list []Category, revision int, err error)
}

// cacheTTL is how long a catalogue that was read serves: opening a ticket then
// costs no look-up. A category that is removed takes tickets that much longer.
const cacheTTL = 20 * time.Second

// Cache serves categories from memory for a few seconds.
type Cache struct {
	store Store
	now   func() time.Time

	mu     sync.Mutex
	list   []Category
	readAt time.Time
}

// NewCache makes a Catalogue over a store.
func NewCache(store Store, now func() time.Time) *Cache {
	return &Cache{store: store, now: now}
}

// List gives all categories in their order.
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

// ListFresh gives all categories as they are now, in their order: who has changed
// them wants to see it.
func (c *Cache) ListFresh(ctx context.Context) ([]Category, error) {
	list, _, err := c.store.CategoriesConsistent(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(list), nil
}

// set remembers what has been read.
func (c *Cache) set(list []Category) []Category {
	slices.SortFunc(list, func(a, b Category) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	c.list, c.readAt = list, c.now()
	return list
}

// Find gives one category. One that the copy does not know may be new: it is
// looked for again, once a second at most. Errors: category_not_found.
func (c *Cache) Find(ctx context.Context, id string) (Category, error) {
	list, err := c.List(ctx)
	if err != nil {
		return Category{}, err
	}
	one, err := find(list, id)
	if err == nil || c.age() < time.Second {
		return one, err
	}
	if list, err = c.ListFresh(ctx); err != nil {
		return Category{}, err
	}
	return find(list, id)
}

func (c *Cache) age() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Sub(c.readAt)
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

// Category implements ticket.Categories.
func (c *Cache) Category(ctx context.Context, id string) (ticket.Category, error) {
	found, err := c.Find(ctx, id)
	if err == nil && !found.Active {
		err = apperr.New(apperr.CategoryNotFound, "")
	}
	return ticket.Category{ID: found.ID, Names: found.Names}, err
}
