package api

import (
	"context"
	"net/http"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/locale"
)

// Limits of a category: runes of its texts, and its sort order.
const (
	maxCategoryName        = 80
	maxCategoryDescription = 500
)

// categoryInput is the body of POST and PATCH. Texts are given for several languages (names)
// or for the caller's language (name).
type categoryInput struct {
	Names        map[string]*string `json:"names"`
	Name         *string            `json:"name"`
	Descriptions map[string]*string `json:"descriptions"`
	Description  *string            `json:"description"`
	Active       *bool              `json:"active"`
	Order        *int               `json:"order"`
}

// categoryUpdate decodes and validates the body. It fails with the errors of decode.
func (r *Request) categoryUpdate() (in categoryInput, update category.Update, err error) {
	if err := r.decode(&in); err != nil {
		return in, category.Update{}, err
	}
	var v wire.Validator
	callerLanguage := r.Locale()
	update = category.Update{
		Names:       localizedTexts(&v, "name", givenTexts(in.Names), in.Name, callerLanguage, 1, maxCategoryName),
		Description: localizedTexts(&v, "description", givenTexts(in.Descriptions), in.Description, callerLanguage, 0, maxCategoryDescription), Active: in.Active, Order: in.Order,
	}
	if in.Order != nil && (*in.Order < 0 || *in.Order > category.MaxOrder) {
		v.Add("/order", "out_of_range", "Must be a number from 0 to 1000000.")
	}
	return in, update, v.Err()
}

// asSent names the field that the client sent in the error name_taken.
func (in categoryInput) asSent(err error) error {
	if in.Name == nil || !apperr.Is(err, apperr.NameTaken) {
		return err
	}
	return apperr.From(err).WithPointers(func(string) string { return "/name" })
}

// givenTexts returns the texts by language without those that are null, which is the same as to
// leave them out. It returns nil for nil.
func givenTexts(all map[string]*string) map[string]string {
	if all == nil {
		return nil
	}
	given := map[string]string{}
	for language, text := range all {
		if text != nil {
			given[language] = *text
		}
	}
	return given
}

// localizedTexts validates the texts of a field: all by language, or one in the caller's
// language. It returns them by language.
func localizedTexts(v *wire.Validator, field string, all map[string]string, one *string, callerLanguage string, minRunes, maxRunes int) map[string]string {
	at := func(language string) string { return "/" + field + "s/" + wire.EscapePointer(language) }
	switch {
	case all != nil && one != nil:
		v.Add("/"+field, "not_together", "Send either this or /"+field+"s, not both.")
		return nil
	case one != nil:
		all = map[string]string{callerLanguage: *one}
		at = func(string) string { return "/" + field }
	}
	out := map[string]string{}
	for language, text := range all {
		if !locale.IsSupported(language) {
			v.Add(at(language), "unknown", "Must be one of "+strings.Join(locale.Supported(), ", ")+".")
			continue
		}
		v.Text(at(language), &text, minRunes, maxRunes, field == "description")
		out[language] = text
	}
	return out
}

// CreateCategory returns the endpoint POST /categories.
func CreateCategory(admin *category.Admin) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		in, update, err := r.categoryUpdate()
		if err != nil {
			return Response{}, err
		}
		if len(update.Names) == 0 {
			var v wire.Validator
			v.Required("/names", "")
			return Response{}, v.Err()
		}
		created, err := admin.Create(ctx, r.actor(), update)
		return Response{Status: http.StatusCreated, Body: r.viewCategory(created)}.with("location", "/categories/"+created.ID), in.asSent(err)
	})
}

// UpdateCategory returns the endpoint PATCH /categories/{id}.
func UpdateCategory(admin *category.Admin) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		in, update, err := r.categoryUpdate()
		if err != nil {
			return Response{}, err
		}
		updated, err := admin.Update(ctx, r.actor(), r.pathID(), update)
		return ok(r.viewCategory(updated)), in.asSent(err)
	})
}

// DeleteCategory returns the endpoint DELETE /categories/{id}.
func DeleteCategory(admin *category.Admin) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		return noContent(), admin.Delete(ctx, r.actor(), r.pathID())
	})
}
