package api_test

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
)

// oneCategory is a store with one category.
type oneCategory struct {
	category.AdminStore
	c category.Category
}

func (s *oneCategory) CategoriesConsistent(context.Context) ([]category.Category, int, error) {
	return []category.Category{s.c}, 1, nil
}

func (s *oneCategory) PutCategory(_ context.Context, c category.Category, _ int, _ audit.Record) error {
	s.c = c
	return nil
}

// TestUpdateCategory_Null checks that null leaves a text as it is, and that an empty text deletes it.
func TestUpdateCategory_Null(t *testing.T) {
	for body, want := range map[string]map[string]string{
		`{"descriptions":{"en":"Refunds","fa":null}}`: {"en": "Refunds", "fa": "پس گرفتن پول"},
		`{"descriptions":{"en":"Refunds","fa":""}}`:   {"en": "Refunds"},
		`{"descriptions":null}`:                       {"en": "Money back", "fa": "پس گرفتن پول"},
	} {
		fx := newFixture(t)
		store := &oneCategory{c: category.Category{ID: billingID, Names: map[string]string{"en": "A"}, Description: map[string]string{"en": "Money back", "fa": "پس گرفتن پول"}}}
		now := func() time.Time { return fx.now }
		admin := &category.Admin{Store: store, Recorder: audit.Recorder{Now: now, NewID: id.NewGenerator(now, rand.Reader)}}
		r := newRequest(http.MethodPatch, "/x", body)
		r.PathParameters["id"] = billingID
		if got := fx.send(t, api.UpdateCategory(admin), mina, r); got.status != 200 || !maps.Equal(store.c.Description, want) {
			t.Errorf("%s: got %d %v, want %v", body, got.status, store.c.Description, want)
		}
	}
}
