package category

import (
	"context"
	"maps"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/search"
)

// AdminStore changes categories. Each change names the revision that it is based on and
// fails with conflict if the revision has changed. This keeps names unique under
// concurrent changes.
type AdminStore interface {
	// CategoriesConsistent returns all categories, in no particular order, and their
	// revision by a consistent read.
	CategoriesConsistent(ctx context.Context) (list []Category, revision int, err error)
	// PutCategory writes a category and an audit record.
	PutCategory(ctx context.Context, c Category, revision int, r audit.Record) error
	// DeleteCategory deletes a category and writes an audit record.
	DeleteCategory(ctx context.Context, categoryID string, revision int, r audit.Record) error
}

// Admin creates, changes and deletes categories.
type Admin struct {
	Store    AdminStore
	Recorder audit.Recorder
}

// Update is a change of a category. Nil fields and missing languages are not changed;
// an empty text deletes its language.
type Update struct {
	Names       map[string]string
	Description map[string]string
	Active      *bool
	Order       *int
}

// MaxOrder is the last position of a category. Categories with the same one are in the order of
// their ids.
const MaxOrder = 1_000_000

// Create creates a category. It fails with name_taken. Without an order the category
// becomes the last one.
func (a *Admin) Create(ctx context.Context, actor audit.Actor, u Update) (c Category, err error) {
	c.ID = a.Recorder.NewID()
	err = retry.OnConflict(ctx, retry.Default, func() error {
		list, revision, err := a.Store.CategoriesConsistent(ctx)
		if err != nil {
			return err
		}
		c = Category{ID: c.ID, Active: true}
		for _, other := range list {
			c.Order = min(max(c.Order, other.Order+1), MaxOrder)
		}
		c = u.apply(c)
		if err := checkNameFree(list, c, Category{}); err != nil {
			return err
		}
		return a.Store.PutCategory(ctx, c, revision, a.Recorder.NewRecord(actor, audit.CategoryCreated, c.ID, nil, c.auditFields()))
	})
	return c, err
}

// Update changes a category. It fails with category_not_found or name_taken. Existing
// tickets keep the old name.
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
		if err := checkNameFree(list, c, old); err != nil {
			return err
		}
		return a.Store.PutCategory(ctx, c, revision, a.Recorder.NewRecord(actor, audit.CategoryUpdated, categoryID, before, after))
	})
	return c, err
}

// Delete deletes a category. It fails with category_not_found.
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

// apply returns c with the changes of u.
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

// mergeTexts returns texts with overrides. An empty override deletes its language.
func mergeTexts(texts, overrides map[string]string) map[string]string {
	out := maps.Clone(texts)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, overrides)
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

// checkNameFree fails with name_taken if another category has one of the names of c that old
// does not have.
func checkNameFree(list []Category, c, old Category) error {
	taken := map[string]bool{}
	for _, other := range list {
		if other.ID != c.ID {
			for _, name := range other.Names {
				taken[search.NameKey(name)] = true
			}
		}
	}
	var fields []apperr.Field
	for _, language := range slices.Sorted(maps.Keys(c.Names)) {
		if name := c.Names[language]; name != old.Names[language] && taken[search.NameKey(name)] {
			fields = append(fields, apperr.Field{Pointer: "/names/" + language, Code: "taken", Message: "Another category has this name."})
		}
	}
	if len(fields) > 0 {
		return apperr.New(apperr.NameTaken, "").WithFields(fields...)
	}
	return nil
}

func (c Category) auditFields() audit.Fields {
	return audit.Fields{"names": toAnyMap(c.Names), "descriptions": toAnyMap(c.Description), "active": c.Active, "order": c.Order}
}

// toAnyMap returns texts in the type that the audit log returns.
func toAnyMap(texts map[string]string) map[string]any {
	out := make(map[string]any, len(texts))
	for language, text := range texts {
		out[language] = text
	}
	return out
}
