package dynamo

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
)

// categoryItem is a category. All categories are in one partition.
type categoryItem struct {
	key
	Names       map[string]string `dynamodbav:"names"`
	Description map[string]string `dynamodbav:"about,omitempty"`
	Active      bool              `dynamodbav:"active"`
	Order       int               `dynamodbav:"order"`
}

func categoryToItem(c category.Category) categoryItem {
	return categoryItem{categoryKey(c.ID), c.Names, c.Description, c.Active, c.Order}
}

var (
	_ category.Store      = (*Store)(nil)
	_ category.AdminStore = (*Store)(nil)
)

// Categories implements category.Store with one query.
func (s *Store) Categories(ctx context.Context) ([]category.Category, error) {
	list, _, err := s.queryCategories(ctx, false)
	return list, err
}

// CategoriesConsistent implements category.AdminStore.
func (s *Store) CategoriesConsistent(ctx context.Context) ([]category.Category, int, error) {
	return s.queryCategories(ctx, true)
}

// queryCategories reads the categories and the revision of the list, which is 0
// before the first change.
func (s *Store) queryCategories(ctx context.Context, strong bool) (all []category.Category, revision int, err error) {
	in := queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": configPK, "prefix": categoryRevisionKey().SK})
	if strong {
		consistent(in)
	}
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return nil, 0, err
		}
		i, err := decodeAs[struct {
			categoryItem
			Rev int `dynamodbav:"rev"`
		}](row)
		if err != nil {
			return nil, 0, err
		}
		if i.key == categoryRevisionKey() {
			revision = i.Rev
			continue
		}
		all = append(all, category.Category{ID: idOf(i.SK), Names: i.Names, Description: i.Description, Active: i.Active, Order: i.Order})
	}
	return all, revision, nil
}

// SaveCategory writes a category without a check. It is used to seed test data.
func (s *Store) SaveCategory(ctx context.Context, c category.Category) error {
	_, err := s.put(ctx, categoryToItem(c), "", nil)
	return err
}

// PutCategory implements category.AdminStore.
func (s *Store) PutCategory(ctx context.Context, c category.Category, revision int, r audit.Record) error {
	return s.writeCategories(ctx, s.transaction().put(categoryToItem(c), "", nil), revision, r)
}

// DeleteCategory implements category.AdminStore.
func (s *Store) DeleteCategory(ctx context.Context, categoryID string, revision int, r audit.Record) error {
	return s.writeCategories(ctx, s.transaction().remove(categoryKey(categoryID), "attribute_exists(PK)", nil), revision, r)
}

func (s *Store) writeCategories(ctx context.Context, tx *transaction, revision int, r audit.Record) error {
	lock := updateSpec{key: categoryRevisionKey(), set: "SET rev = :next", condition: "rev = :rev", values: values{"next": revision + 1, "rev": revision}}
	if revision == 0 {
		lock.condition = "attribute_not_exists(rev)"
		delete(lock.values, "rev")
	}
	failed, err := tx.update(lock).putAudit(r).commit(ctx)
	if err == nil && failed != nil {
		return apperr.New(apperr.Conflict, "")
	}
	return err
}
