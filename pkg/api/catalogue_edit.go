package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/ticket"
)

// Limits of a category's texts in characters, and of its place in the list.
const (
	maxCategoryName  = 80
	maxCategoryAbout = 500
	maxOrder         = 1_000_000
)

// categoryIn is what a client says about a category: its texts in all
// languages, or in its own alone.
type categoryIn struct {
	Names        map[string]string `json:"names"`
	Name         *string           `json:"name"`
	Descriptions map[string]string `json:"descriptions"`
	Description  *string           `json:"description"`
	Active       *bool             `json:"active"`
	Order        *int              `json:"order"`
}

// categoryEdit reads and checks the body. Errors: those of decode, invalid_body.
func (r *Request) categoryEdit() (category.Edit, error) {
	var in categoryIn
	if err := r.decode(&in); err != nil {
		return category.Edit{}, err
	}
	var c checks
	locale := r.Locale()
	said := category.Edit{
		Names: c.texts("name", in.Names, in.Name, locale, 1, maxCategoryName),
		About: c.texts("description", in.Descriptions, in.Description, locale, 0, maxCategoryAbout), Active: in.Active, Order: in.Order,
	}
	if in.Order != nil && (*in.Order < 0 || *in.Order > maxOrder) {
		c.add("/order", "out_of_range", "This is a number from 0 to 1000000.")
	}
	return said, c.err()
}

// texts checks a text by language (/names), or in the caller's alone (/name).
func (c *checks) texts(field string, all map[string]string, one *string, locale string, least, most int) map[string]string {
	at := func(language string) string { return "/" + field + "s/" + language }
	switch {
	case all != nil && one != nil:
		c.add("/"+field, "not_together", "Send this or /"+field+"s, not both.")
		return nil
	case one != nil:
		all = map[string]string{locale: *one}
		at = func(string) string { return "/" + field }
	}
	out := map[string]string{}
	for language, text := range all {
		if language != "en" && language != "fa" {
			c.add(at(language), "unknown", "The languages are en and fa.")
			continue
		}
		c.text(at(language), &text, least, most, field == "description")
		out[language] = text
	}
	return out
}

// CreateCategory is POST /categories.
func CreateCategory(editor *category.Editor) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		said, err := r.categoryEdit()
		if err != nil {
			return Response{}, err
		}
		if len(said.Names) == 0 {
			var c checks
			c.required("/names", "")
			return Response{}, c.err()
		}
		made, err := editor.Add(ctx, r.actor(), said)
		return Response{Status: http.StatusCreated, Body: r.category(made)}.with("location", "/categories/"+made.ID), err
	}}
}

// EditCategory is PATCH /categories/{id}.
func EditCategory(editor *category.Editor) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		said, err := r.categoryEdit()
		if err != nil {
			return Response{}, err
		}
		changed, err := editor.Change(ctx, r.actor(), r.pathID(), said)
		return ok(r.category(changed)), err
	}}
}

// RemoveCategory is DELETE /categories/{id}.
func RemoveCategory(editor *category.Editor) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), editor.Remove(ctx, r.actor(), r.pathID())
	}}
}

// RemoveTicket is DELETE /tickets/{id}.
func RemoveTicket(bin *ticket.Bin) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), bin.Remove(ctx, r.actor(), r.pathID())
	}}
}
