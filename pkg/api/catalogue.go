package api

import (
	"context"
	"slices"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/place"
	"ticketsystem/pkg/user"
)

type categoryView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      bool   `json:"active"`

	// For administrators.
	Names        map[string]string `json:"names,omitempty"`
	Descriptions map[string]string `json:"descriptions,omitempty"`
	Order        *int              `json:"order,omitempty"`
}

func (r *Request) category(c category.Category) categoryView {
	v := categoryView{ID: c.ID, Name: category.In(c.Names, r.Locale()), Description: category.In(c.About, r.Locale()), Active: c.Active}
	if r.Who.Role == user.RoleAdmin {
		v.Names, v.Descriptions, v.Order = c.Names, c.About, &c.Order
	}
	return v
}

// shown are the categories that the caller may see: administrators all, as
// they are at this moment, others the active ones.
func shown(ctx context.Context, r *Request, catalogue *category.Catalogue) ([]category.Category, error) {
	if r.Who.Role == user.RoleAdmin {
		return catalogue.Now(ctx)
	}
	all, err := catalogue.List(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(c category.Category) bool { return !c.Active }), err
}

// ListCategories is GET /categories, in their order.
func ListCategories(catalogue *category.Catalogue) Endpoint {
	return Endpoint{Known, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		after, given, err := openCursor[string](r, "categories")
		if err != nil {
			return Response{}, err
		}
		all, err := shown(ctx, r, catalogue)
		if err != nil {
			return Response{}, err
		}
		if given {
			place := slices.IndexFunc(all, func(c category.Category) bool { return c.ID == after })
			if place < 0 {
				return Response{}, fault.New(fault.BadCursor, "")
			}
			all = all[place+1:]
		}
		out := page[categoryView]{}
		if len(all) > limit {
			all = all[:limit]
			out.Page = pageInfo{Next: sealCursor(r, "categories", all[limit-1].ID), HasMore: true}
		}
		out.Data = list(all, r.category)
		return ok(out), nil
	}}
}

// ShowCategory is GET /categories/{id}: who does not see a category in the list
// does not see it here either.
func ShowCategory(catalogue *category.Catalogue) Endpoint {
	return Endpoint{Known, func(ctx context.Context, r *Request) (Response, error) {
		if r.Who.Role == user.RoleAdmin {
			if _, err := catalogue.Now(ctx); err != nil {
				return Response{}, err
			}
		}
		c, err := catalogue.Find(ctx, r.pathID())
		if err == nil && !c.Active && r.Who.Role != user.RoleAdmin {
			err = fault.New(fault.CategoryNotFound, "")
		}
		return ok(r.category(c)), err
	}}
}

// ListProvinces is GET /provinces.
func ListProvinces() Endpoint {
	return Endpoint{Anyone, func(context.Context, *Request) (Response, error) {
		return ok(map[string]any{"data": place.Provinces()}).with("cache-control", "public, max-age=86400"), nil
	}}
}
