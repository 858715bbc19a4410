package category

import (
	"context"
	"maps"
	"strings"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/retry"
)

// AdminStore is the catalogue as it is changed. A change names the revision that it
// was made from and errors with fault.Conflict when another one was faster:
// that is how no two categories ever have one name.
type AdminStore interface {
	// CategoriesConsistent reads all categories as they are now, in no order.
	CategoriesConsistent(ctx context.Context) (list []Category, revision int, err error)
	// PutCategory writes a category, with its audit record.
	PutCategory(ctx context.Context, c Category, revision int, r audit.Record) error
	// DeleteCategory removes one, with its audit record.
	DeleteCategory(ctx context.Context, categoryID string, revision int, r audit.Record) error
}

// Admin is where administrators work on the catalogue.
type Admin struct {
	Store    AdminStore
	Recorder audit.Recorder
}

// Update is what is said about a category; what is nil, or a language that is
// not named, stays as it is.
type Update struct {
	Names       map[string]string
	Description map[string]string
	Active      *bool
	Order       *int
}

// Create makes a category, behind the others unless a place is given.
// Errors: name_taken.
func (a *Admin) Create(ctx context.Context, actor audit.Actor, u Update) (c Category, err error) {
	c.ID = a.Recorder.NewID()
	err = retry.OnConflict(ctx, retry.Default, func() error {
		list, revision, err := a.Store.CategoriesConsistent(ctx)
		if err != nil {
			return err
		}
		c = Category{ID: c.ID, Active: true}
		for _, other := range list {
			c.Order = max(c.Order, other.Order+1)
		}
		c = u.apply(c)
		if err := checkNameFree(list, c); err != nil {
			return err
		}
		return a.Store.PutCategory(ctx, c, revision, a.Recorder.NewRecord(actor, audit.CategoryCreated, c.ID, nil, c.auditFields()))
	})
	return c, err
}

// Update edits a category. Tickets keep the name under which they were filed.
// Errors: category_not_found, name_taken.
func (a *Admin) Update(ctx context.Context, actor audit.Actor, categoryID string, u Update) (c Category, err error) {
	err = retry.OnConflict(ctx, retry.Default, func() error {
		list, revision, err := a.Store.CategoriesConsistent(ctx)
		if err != nil {
			return err
		}
		old, err := find(list, categoryID)
		if err != nil {
			return err
		}
		c = u.apply(old)
		before, after := audit.Diff(old.auditFields(), c.auditFields())
		if len(after) == 0 {
			return nil
		}
		if err := checkNameFree(list, c); err != nil {
			return err
		}
		return a.Store.PutCategory(ctx, c, revision, a.Recorder.NewRecord(actor, audit.CategoryUpdated, categoryID, before, after))
	})
	return c, err
}

// Delete takes a category out of the catalogue. Errors: category_not_found.
func (a *Admin) Delete(ctx context.Context, actor audit.Actor, categoryID string) error {
	return retry.OnConflict(ctx, retry.Default, func() error {
		list, revision, err := a.Store.CategoriesConsistent(ctx)
		if err != nil {
			return err
		}
		old, err := find(list, categoryID)
		if err != nil {
			return err
		}
		return a.Store.DeleteCategory(ctx, categoryID, revision, a.Recorder.NewRecord(actor, audit.CategoryDeleted, categoryID, old.auditFields(), nil))
	})
}

// apply is the category with what is said about it.
func (u Update) apply(c Category) Category {
	c.Names, c.Description = mergeTexts(c.Names, u.Names), mergeTexts(c.Description, u.Description)
	if u.Active != nil {
		c.Active = *u.Active
	}
	if u.Order != nil {
		c.Order = *u.Order
	}
	return c
}

// mergeTexts lays texts over others; an empty one takes its language away.
func mergeTexts(texts, overrides map[string]string) map[string]string {
	out := maps.Clone(texts)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, overrides)
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

// checkNameFree errors with name_taken when another category has one of the names.
func checkNameFree(list []Category, c Category) error {
	taken := map[string]bool{}
	for _, other := range list {
		if other.ID != c.ID {
			for _, name := range other.Names {
				taken[normalizeName(name)] = true
			}
		}
	}
	for language, name := range c.Names {
		if taken[normalizeName(name)] {
			return apperr.New(apperr.NameTaken, "").WithFields(apperr.Field{
				Pointer: "/names/" + language, Code: "taken", Message: "Another category has this name."})
		}
	}
	return nil
}

// normalizeName makes names alike that people would take for one.
func normalizeName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

func (c Category) auditFields() audit.Fields {
	return audit.Fields{"names": toAnyMap(c.Names), "descriptions": toAnyMap(c.Description), "active": c.Active, "order": c.Order}
}

// toAnyMap is a copy in the type in which the audit log gives it back.
func toAnyMap(texts map[string]string) map[string]any {
	out := make(map[string]any, len(texts))
	for language, text := range texts {
		out[language] = text
	}
	return out
}
