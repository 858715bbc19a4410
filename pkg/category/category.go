// Package category is the catalogue that tickets are filed under.
package category

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

// Category is one shelf of the catalogue. Names and About are by language: en, fa.
type Category struct {
	ID     string
	Names  map[string]string
	About  map[string]string
	Active bool
	Order  int // place in the list, lowest first
}

// In picks a text by language, English when there is none.
func In(texts map[string]string, locale string) string {
	if text, ok := texts[locale]; ok {
		return text
	}
	return texts["en"]
}

// Store keeps the catalogue.
type Store interface {
	// Categories reads them all, in no order.
	Categories(ctx context.Context) ([]Category, error)
	// Shelf is that of Shelf: as they are now.
	Shelf(ctx context.Context) (list []Category, revision int, err error)
}

// freshness is how long a catalogue that was read serves: opening a ticket then
// costs no look-up. A category that is removed takes tickets that much longer.
const freshness = 20 * time.Second

// Catalogue serves categories from memory for a few seconds.
type Catalogue struct {
	store Store
	now   func() time.Time

	mu     sync.Mutex
	list   []Category
	readAt time.Time
}

// NewCatalogue makes a Catalogue over a store.
func NewCatalogue(store Store, now func() time.Time) *Catalogue {
	return &Catalogue{store: store, now: now}
}

// List gives all categories in their order.
func (c *Catalogue) List(ctx context.Context) ([]Category, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.readAt.IsZero() && c.now().Sub(c.readAt) < freshness {
		return c.list, nil
	}
	list, err := c.store.Categories(ctx)
	if err != nil {
		return nil, err
	}
	return c.keep(list), nil
}

// Now gives all categories as they are now, in their order: who has changed
// them wants to see it.
func (c *Catalogue) Now(ctx context.Context) ([]Category, error) {
	list, _, err := c.store.Shelf(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keep(list), nil
}

// keep remembers what has been read.
func (c *Catalogue) keep(list []Category) []Category {
	slices.SortFunc(list, func(a, b Category) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	c.list, c.readAt = list, c.now()
	return list
}

// Find gives one category. One that the copy does not know may be new: it is
// looked for again, once a second at most. Errors: category_not_found.
func (c *Catalogue) Find(ctx context.Context, id string) (Category, error) {
	list, err := c.List(ctx)
	if err != nil {
		return Category{}, err
	}
	one, err := find(list, id)
	if err == nil || c.age() < time.Second {
		return one, err
	}
	if list, err = c.Now(ctx); err != nil {
		return Category{}, err
	}
	return find(list, id)
}

func (c *Catalogue) age() time.Duration {
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
	return Category{}, fault.New(fault.CategoryNotFound, "")
}

var _ ticket.Categories = (*Catalogue)(nil)

// Category implements ticket.Categories.
func (c *Catalogue) Category(ctx context.Context, id string) (ticket.Category, error) {
	found, err := c.Find(ctx, id)
	if err == nil && !found.Active {
		err = fault.New(fault.CategoryNotFound, "")
	}
	return ticket.Category{ID: found.ID, Names: found.Names}, err
}
