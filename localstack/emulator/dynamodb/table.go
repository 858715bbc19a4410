package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table holds the properties of an AWS::DynamoDB::Table that the engine supports.
type Table struct {
	TableName              string               `json:"TableName"`
	AttributeDefinitions   []attribute          `json:"AttributeDefinitions"`
	KeySchema              []key                `json:"KeySchema"`
	GlobalSecondaryIndexes []Index              `json:"GlobalSecondaryIndexes,omitempty"`
	BillingMode            string               `json:"BillingMode"`
	StreamSpecification    *streamSpecification `json:"StreamSpecification,omitempty"`

	TimeToLiveSpecification *timeToLive `json:"TimeToLiveSpecification,omitempty"`
}

type attribute struct{ AttributeName, AttributeType string }
type key struct{ AttributeName, KeyType string }
type timeToLive struct {
	AttributeName string
	Enabled       bool
}
type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string
}

// Index is a global secondary index.
type Index struct {
	IndexName  string
	KeySchema  []key
	Projection struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}
}

// ParseTable reads a table definition from template properties.
func ParseTable(properties map[string]any, name string) (Table, error) {
	text, err := json.Marshal(properties)
	if err != nil {
		return Table{}, err
	}
	table := Table{TableName: name}
	if err := json.Unmarshal(text, &table); err != nil {
		return Table{}, fmt.Errorf("table %s: %w", name, err)
	}
	table.BillingMode = "PAY_PER_REQUEST" // the engine has no capacity that could be provisioned
	if table.StreamSpecification != nil {
		table.StreamSpecification.StreamEnabled = true
	}
	return table, nil
}

// tableDescription is the result of DescribeTable.
type tableDescription struct {
	Table struct {
		Table
		LatestStreamArn string
	}
}

// EnsureTable creates the table if it does not exist, and adds missing indexes. It
// returns whether the table was created and the ARN of its stream. It fails if an
// existing table differs otherwise.
func (e *Engine) EnsureTable(ctx context.Context, table Table) (created bool, stream string, err error) {
	c := client{e.URL}
	var existing tableDescription
	err = c.call(ctx, "DescribeTable", map[string]string{"TableName": table.TableName}, &existing)
	var failure *apiError
	switch {
	case errors.As(err, &failure) && failure.hasType("ResourceNotFoundException"):
		if err = e.createTable(ctx, c, table); err != nil {
			return false, "", fmt.Errorf("create table %s: %w", table.TableName, err)
		}
		created = true
	case err != nil:
		return false, "", err
	default:
		if err := updateTable(ctx, c, existing.Table.Table, table); err != nil {
			return false, "", err
		}
	}
	err = c.call(ctx, "DescribeTable", map[string]string{"TableName": table.TableName}, &existing)
	return created, existing.Table.LatestStreamArn, err
}

func (e *Engine) createTable(ctx context.Context, c client, table Table) error {
	ttl := table.TimeToLiveSpecification
	table.TimeToLiveSpecification = nil
	if err := c.call(ctx, "CreateTable", table, &struct{}{}); err != nil || ttl == nil {
		return err
	}
	return c.call(ctx, "UpdateTimeToLive", map[string]any{"TableName": table.TableName, "TimeToLiveSpecification": ttl}, &struct{}{})
}

func updateTable(ctx context.Context, c client, existing, wanted Table) error {
	if !equalJSON(existing.KeySchema, wanted.KeySchema) {
		return errSchemaDiffers(wanted.TableName, "its key")
	}
	for _, index := range existing.GlobalSecondaryIndexes {
		i := slices.IndexFunc(wanted.GlobalSecondaryIndexes, func(w Index) bool { return w.IndexName == index.IndexName })
		if i >= 0 && !equalJSON(wanted.GlobalSecondaryIndexes[i], index) {
			return errSchemaDiffers(wanted.TableName, "index "+index.IndexName)
		}
	}
	for _, index := range wanted.GlobalSecondaryIndexes {
		if slices.ContainsFunc(existing.GlobalSecondaryIndexes, func(t Index) bool { return t.IndexName == index.IndexName }) {
			continue
		}
		update := map[string]any{
			"TableName": wanted.TableName, "AttributeDefinitions": wanted.AttributeDefinitions,
			"GlobalSecondaryIndexUpdates": []any{map[string]any{"Create": index}},
		}
		if err := c.call(ctx, "UpdateTable", update, &struct{}{}); err != nil {
			return fmt.Errorf("add index %s: %w", index.IndexName, err)
		}
	}
	return nil
}

func errSchemaDiffers(table, what string) error {
	return fmt.Errorf("table %s exists, but %s differs from the template; `make clean-data` deletes the old data", table, what)
}

func equalJSON(a, b any) bool {
	x, _ := json.Marshal(a) // plain structs always encode
	y, _ := json.Marshal(b)
	return strings.EqualFold(string(x), string(y))
}
