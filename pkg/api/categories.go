package api

import (
	"context"
	"slices"

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

	// For administrators only.
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

// visibleCategories returns the categories that the caller may see: for administrators all,
// without cache; for others the active ones.
func visibleCategories(ctx context.Context, r *Request, categories *category.Cache) ([]category.Category, error) {
	if r.Principal.Role == user.RoleAdmin {
		return categories.ListFresh(ctx)
	}
	all, err := categories.List(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(c category.Category) bool { return !c.Active }), err
}

// ListCategories returns the endpoint GET /categories, in display order.
func ListCategories(categories *category.Cache) Endpoint {
	return OptionalAuth(func(ctx context.Context, r *Request) (Response, error) {
		if err := r.checkExpired(); err != nil {
			return Response{}, err
		}
		position := func(c category.Category) string { return c.ID }
		return listPage(r, "categories", r.viewCategory, func(limit int, after string) ([]category.Category, string, bool, error) {
			all, err := visibleCategories(ctx, r, categories)
			if err != nil {
				return nil, "", false, err
			}
			if after != "" {
				index := slices.IndexFunc(all, func(c category.Category) bool { return c.ID == after })
				if index < 0 { // deleted since
					return nil, "", false, apperr.New(apperr.BadCursor, "")
				}
				all = all[index+1:]
			}
			all, next, more := trimPage(all, limit, position)
			return all, next, more, nil
		})
	})
}

// GetCategory returns the endpoint GET /categories/{id}. Inactive categories are visible to
// administrators only.
func GetCategory(categories *category.Cache) Endpoint {
	return OptionalAuth(func(ctx context.Context, r *Request) (Response, error) {
		if err := r.checkExpired(); err != nil {
			return Response{}, err
		}
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
	})
}

// ListProvinces returns the endpoint GET /provinces.
func ListProvinces() Endpoint {
	return Public(func(context.Context, *Request) (Response, error) {
		return ok(map[string]any{"data": geo.Provinces()}).with("cache-control", "public, max-age=86400"), nil
	})
}
