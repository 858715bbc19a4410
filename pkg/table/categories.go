package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/category"
)

// categoryItem is a category of the catalogue, which lies in one partition.
type categoryItem struct {
	key
	Names  map[string]string `dynamodbav:"names"`
	About  map[string]string `dynamodbav:"about,omitempty"`
	Active bool              `dynamodbav:"active"`
	Order  int               `dynamodbav:"order"`
}

var _ category.Store = (*Table)(nil)

// Categories implements category.Store: one read; a catalogue is small.
func (t *Table) Categories(ctx context.Context) ([]category.Category, error) {
	var all []category.Category
	in := &dynamodb.QueryInput{
		TableName: t.name, KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: values{"pk": configPK, "prefix": prefixCatalog}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var i categoryItem
			if err := decode(one, &i); err != nil {
				return nil, err
			}
			all = append(all, category.Category{ID: idOf(i.SK), Names: i.Names, About: i.About, Active: i.Active, Order: i.Order})
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all, nil
		}
	}
}

// SaveCategory writes a category as it is given.
func (t *Table) SaveCategory(ctx context.Context, c category.Category) error {
	_, err := t.put(ctx, categoryItem{categoryKey(c.ID), c.Names, c.About, c.Active, c.Order}, "", nil)
	return err
}
