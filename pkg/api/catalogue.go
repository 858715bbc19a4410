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

	Names map[string]string `json:"names,omitempty"` // for administrators
}

func (r *Request) category(c category.Category) categoryView {
	v := categoryView{ID: c.ID, Name: category.In(c.Names, r.Locale()), Description: category.In(c.About, r.Locale()), Active: c.Active}
	if r.Who.Role == user.RoleAdmin {
		v.Names = c.Names
	}
	return v
}

// ListCategories is GET /categories: the active ones, in their order.
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
		all, err := catalogue.List(ctx)
		if err != nil {
			return Response{}, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(c category.Category) bool { return !c.Active })
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

// ShowCategory is GET /categories/{id}.
func ShowCategory(catalogue *category.Catalogue) Endpoint {
	return Endpoint{Known, func(ctx context.Context, r *Request) (Response, error) {
		c, err := catalogue.Find(ctx, r.pathID())
		return ok(r.category(c)), err
	}}
}

// ListProvinces is GET /provinces.
func ListProvinces() Endpoint {
	return Endpoint{Anyone, func(context.Context, *Request) (Response, error) {
		return ok(map[string]any{"data": place.Provinces()}).with("cache-control", "public, max-age=86400"), nil
	}}
}
