package category

import (
	"context"
	"maps"
	"strings"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
)

// Shelf is the catalogue as it is changed. A change names the revision that it
// was made from and errors with fault.Conflict when another one was faster:
// that is how no two categories ever have one name.
type Shelf interface {
	// Shelf reads all categories as they are now, in no order.
	Shelf(ctx context.Context) (list []Category, revision int, err error)
	// PutCategory writes a category, with its audit record.
	PutCategory(ctx context.Context, c Category, revision int, r audit.Record) error
	// RemoveCategory removes one, with its audit record.
	RemoveCategory(ctx context.Context, categoryID string, revision int, r audit.Record) error
}

// Editor is where administrators work on the catalogue.
type Editor struct {
	Shelf Shelf
	Pen   audit.Pen
}

// Edit is what is said about a category; what is nil, or a language that is
// not named, stays as it is.
type Edit struct {
	Names  map[string]string
	About  map[string]string
	Active *bool
	Order  *int
}

// Add makes a category, behind the others unless a place is given.
// Errors: name_taken.
func (e *Editor) Add(ctx context.Context, by audit.Actor, said Edit) (c Category, err error) {
	c.ID = e.Pen.NewID()
	err = fault.Again(ctx, func() error {
		list, revision, err := e.Shelf.Shelf(ctx)
		if err != nil {
			return err
		}
		c = Category{ID: c.ID, Active: true}
		for _, other := range list {
			c.Order = max(c.Order, other.Order+1)
		}
		c = said.over(c)
		if err := free(list, c); err != nil {
			return err
		}
		return e.Shelf.PutCategory(ctx, c, revision, e.Pen.Note(by, audit.CategoryCreated, c.ID, nil, c.facts()))
	})
	return c, err
}

// Change edits a category. Tickets keep the name under which they were filed.
// Errors: category_not_found, name_taken.
func (e *Editor) Change(ctx context.Context, by audit.Actor, categoryID string, said Edit) (c Category, err error) {
	err = fault.Again(ctx, func() error {
		list, revision, err := e.Shelf.Shelf(ctx)
		if err != nil {
			return err
		}
		was, err := find(list, categoryID)
		if err != nil {
			return err
		}
		c = said.over(was)
		before, after := audit.Changed(was.facts(), c.facts())
		if len(after) == 0 {
			return nil
		}
		if err := free(list, c); err != nil {
			return err
		}
		return e.Shelf.PutCategory(ctx, c, revision, e.Pen.Note(by, audit.CategoryChanged, categoryID, before, after))
	})
	return c, err
}

// Remove takes a category out of the catalogue. Errors: category_not_found.
func (e *Editor) Remove(ctx context.Context, by audit.Actor, categoryID string) error {
	return fault.Again(ctx, func() error {
		list, revision, err := e.Shelf.Shelf(ctx)
		if err != nil {
			return err
		}
		was, err := find(list, categoryID)
		if err != nil {
			return err
		}
		return e.Shelf.RemoveCategory(ctx, categoryID, revision, e.Pen.Note(by, audit.CategoryRemoved, categoryID, was.facts(), nil))
	})
}

// over is the category with what is said about it.
func (s Edit) over(c Category) Category {
	c.Names, c.About = merged(c.Names, s.Names), merged(c.About, s.About)
	if s.Active != nil {
		c.Active = *s.Active
	}
	if s.Order != nil {
		c.Order = *s.Order
	}
	return c
}

// merged lays texts over others; an empty one takes its language away.
func merged(texts, over map[string]string) map[string]string {
	out := maps.Clone(texts)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, over)
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

// free errors with name_taken when another category has one of the names.
func free(list []Category, c Category) error {
	taken := map[string]bool{}
	for _, other := range list {
		if other.ID != c.ID {
			for _, name := range other.Names {
				taken[folded(name)] = true
			}
		}
	}
	for language, name := range c.Names {
		if taken[folded(name)] {
			return fault.New(fault.NameTaken, "").WithFields(fault.Field{
				Pointer: "/names/" + language, Code: "taken", Message: "Another category has this name."})
		}
	}
	return nil
}

// folded makes names alike that people would take for one.
func folded(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

func (c Category) facts() audit.Facts {
	return audit.Facts{"names": plain(c.Names), "descriptions": plain(c.About), "active": c.Active, "order": c.Order}
}

// plain is a copy in the type in which the audit log gives it back.
func plain(texts map[string]string) map[string]any {
	out := make(map[string]any, len(texts))
	for language, text := range texts {
		out[language] = text
	}
	return out
}
