package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
)

// categoryItem is a category of the catalogue, which lies in one partition.
type categoryItem struct {
	key
	Names  map[string]string `dynamodbav:"names"`
	About  map[string]string `dynamodbav:"about,omitempty"`
	Active bool              `dynamodbav:"active"`
	Order  int               `dynamodbav:"order"`
}

func categoryToItem(c category.Category) categoryItem {
	return categoryItem{categoryKey(c.ID), c.Names, c.About, c.Active, c.Order}
}

var (
	_ category.Store = (*Table)(nil)
	_ category.Shelf = (*Table)(nil)
)

// Categories implements category.Store: one read; a catalogue is small.
func (t *Table) Categories(ctx context.Context) ([]category.Category, error) {
	list, _, err := t.readCatalogue(ctx, false)
	return list, err
}

// Shelf implements category.Shelf.
func (t *Table) Shelf(ctx context.Context) ([]category.Category, int, error) {
	return t.readCatalogue(ctx, true)
}

// readCatalogue reads the categories, and before them the lock with their
// revision, which is not there before the first change.
func (t *Table) readCatalogue(ctx context.Context, strong bool) (all []category.Category, revision int, err error) {
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(strong), KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": configPK, "prefix": catalogueKey().SK}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, 0, translate(err)
		}
		for _, one := range out.Items {
			var i struct {
				categoryItem
				Rev int `dynamodbav:"rev"`
			}
			if err := decode(one, &i); err != nil {
				return nil, 0, err
			}
			if i.key == catalogueKey() {
				revision = i.Rev
				continue
			}
			all = append(all, category.Category{ID: idOf(i.SK), Names: i.Names, About: i.About, Active: i.Active, Order: i.Order})
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all, revision, nil
		}
	}
}

// SaveCategory writes a category as it is given.
func (t *Table) SaveCategory(ctx context.Context, c category.Category) error {
	_, err := t.put(ctx, categoryToItem(c), "", nil)
	return err
}

// PutCategory implements category.Shelf.
func (t *Table) PutCategory(ctx context.Context, c category.Category, revision int, r audit.Record) error {
	return t.changeCatalogue(ctx, t.transaction().put(categoryToItem(c), "", nil), revision, r)
}

// RemoveCategory implements category.Shelf.
func (t *Table) RemoveCategory(ctx context.Context, categoryID string, revision int, r audit.Record) error {
	return t.changeCatalogue(ctx, t.transaction().remove(categoryKey(categoryID), "attribute_exists(PK)", nil), revision, r)
}

func (t *Table) changeCatalogue(ctx context.Context, tx *transaction, revision int, r audit.Record) error {
	lock := change{key: catalogueKey(), set: "SET rev = :next", condition: "rev = :rev", values: values{"next": revision + 1, "rev": revision}}
	if revision == 0 {
		lock.condition = "attribute_not_exists(rev)"
		delete(lock.values, "rev")
	}
	failed, err := tx.update(lock).note(r).commit(ctx)
	if err == nil && failed != nil {
		return fault.New(fault.Conflict, "")
	}
	return err
}
