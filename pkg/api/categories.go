package api

import (
	"context"
	"slices"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/geo"
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

func (r *Request) viewCategory(c category.Category) categoryView {
	v := categoryView{ID: c.ID, Name: category.Localized(c.Names, r.Locale()), Description: category.Localized(c.Description, r.Locale()), Active: c.Active}
	if r.Principal.Role == user.RoleAdmin {
		v.Names, v.Descriptions, v.Order = c.Names, c.Description, &c.Order
	}
	return v
}

// visibleCategories are the categories that the caller may see: administrators all, as
// they are at this moment, others the active ones.
func visibleCategories(ctx context.Context, r *Request, categories *category.Cache) ([]category.Category, error) {
	if r.Principal.Role == user.RoleAdmin {
		return categories.ListFresh(ctx)
	}
	all, err := categories.List(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(c category.Category) bool { return !c.Active }), err
}

// ListCategories is GET /categories, in their order.
func ListCategories(categories *category.Cache) Endpoint {
	return Endpoint{OptionalAuth, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		after, given, err := openCursor[string](r, "categories")
		if err != nil {
			return Response{}, err
		}
		all, err := visibleCategories(ctx, r, categories)
		if err != nil {
			return Response{}, err
		}
		if given {
			index := slices.IndexFunc(all, func(c category.Category) bool { return c.ID == after })
			if index < 0 {
				return Response{}, apperr.New(apperr.BadCursor, "")
			}
			all = all[index+1:]
		}
		out := page[categoryView]{}
		if len(all) > limit {
			all = all[:limit]
			out.Page = pageInfo{Next: sealCursor(r, "categories", all[limit-1].ID), HasMore: true}
		}
		out.Data = wire.MapSlice(all, r.viewCategory)
		return ok(out), nil
	}}
}

// GetCategory is GET /categories/{id}: who does not see a category in the list
// does not see it here either.
func GetCategory(categories *category.Cache) Endpoint {
	return Endpoint{OptionalAuth, func(ctx context.Context, r *Request) (Response, error) {
		if r.Principal.Role == user.RoleAdmin {
			if _, err := categories.ListFresh(ctx); err != nil {
				return Response{}, err
			}
		}
		c, err := categories.Find(ctx, r.pathID())
		if err == nil && !c.Active && r.Principal.Role != user.RoleAdmin {
			err = apperr.New(apperr.CategoryNotFound, "")
		}
		return ok(r.viewCategory(c)), err
	}}
}

// ListProvinces is GET /provinces.
func ListProvinces() Endpoint {
	return Endpoint{Public, func(context.Context, *Request) (Response, error) {
		return ok(map[string]any{"data": geo.Provinces()}).with("cache-control", "public, max-age=86400"), nil
	}}
}
