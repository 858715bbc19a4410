package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attributes returns an item of strings: name, value, name, value, …
func attributes(pairs ...string) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for i := 0; i < len(pairs); i += 2 {
		item[pairs[i]] = &types.AttributeValueMemberS{Value: pairs[i+1]}
	}
	return item
}

// rawTable makes single requests without retries.
type rawTable struct{ *dynamodb.Client }

func (db rawTable) put(ctx context.Context, condition *string, item map[string]types.AttributeValue) error {
	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &env.table, Item: item, ConditionExpression: condition})
	return err
}

func (db rawTable) get(ctx context.Context, pk, sk string) error {
	_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &env.table, Key: attributes("PK", pk, "SK", sk)})
	return err
}

func (db rawTable) set(ctx context.Context, set string, vals map[string]types.AttributeValue) error {
	_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &env.table, Key: attributes("PK", "limits", "SK", "a"), UpdateExpression: &set, ExpressionAttributeValues: vals,
	})
	return err
}

func (db rawTable) query(ctx context.Context, index, projection *string, condition string, vals map[string]types.AttributeValue) error {
	_, err := db.Query(ctx, &dynamodb.QueryInput{
		TableName: &env.table, IndexName: index, ProjectionExpression: projection, KeyConditionExpression: &condition, ExpressionAttributeValues: vals,
	})
	return err
}

func (db rawTable) batch(ctx context.Context, items ...map[string]types.AttributeValue) error {
	var writes []types.WriteRequest
	for _, item := range items {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	_, err := db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{env.table: writes}})
	return err
}

func (db rawTable) transact(ctx context.Context, condition *string, items ...map[string]types.AttributeValue) error {
	var writes []types.TransactWriteItem
	for _, item := range items {
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &env.table, Item: item, ConditionExpression: condition}})
	}
	_, err := db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return err
}

// many returns n items with a text of a size.
func many(n, size int) []map[string]types.AttributeValue {
	var items []map[string]types.AttributeValue
	for i := range n {
		items = append(items, attributes("PK", "limits", "SK", fmt.Sprint(i), "text", strings.Repeat("a", size)))
	}
	return items
}

// TestLimits checks that the table under test refuses what DynamoDB refuses, and accepts
// what is just within a limit.
func TestLimits(t *testing.T) {
	ctx := t.Context()
	db := rawTable{dynamodb.NewFromConfig(env.config, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })}
	long := func(n int) string { return strings.Repeat("a", n) }
	empty, index, row, body := aws.String(""), aws.String("owner-activity"), aws.String("PK, #r"), aws.String("body")
	for name, c := range map[string]struct {
		err     error
		refused bool
	}{
		"key of 2,048 and 1,024 bytes":     {db.put(ctx, nil, attributes("PK", long(2048), "SK", long(1024))), false},
		"long partition key":               {db.put(ctx, nil, attributes("PK", long(2049), "SK", "a")), true},
		"long sort key":                    {db.put(ctx, nil, attributes("PK", "limits", "SK", long(1025))), true},
		"empty partition key":              {db.put(ctx, nil, attributes("PK", "", "SK", "a")), true},
		"empty sort key":                   {db.get(ctx, "limits", ""), true},
		"long key of a read":               {db.get(ctx, "limits", long(1025)), true},
		"index key of 1,024 bytes":         {db.put(ctx, nil, attributes("PK", "limits", "SK", "a", "u", "u", "a", long(1024))), false},
		"long index partition key":         {db.put(ctx, nil, attributes("PK", "limits", "SK", "a", "u", long(2049), "a", "a")), true},
		"long index sort key":              {db.put(ctx, nil, attributes("PK", "limits", "SK", "a", "u", "u", "a", long(1025))), true},
		"empty index key":                  {db.put(ctx, nil, attributes("PK", "limits", "SK", "a", "u", "", "a", "a")), true},
		"long index key of an update":      {db.set(ctx, "SET u = :u, a = :a", attributes(":u", "u", ":a", long(1025))), true},
		"empty index key of an update":     {db.set(ctx, "SET u = :u", attributes(":u", "")), true},
		"empty update":                     {db.set(ctx, "", nil), true},
		"condition":                        {db.put(ctx, aws.String("attribute_not_exists(x)"), attributes("PK", "limits", "SK", "b")), false},
		"empty condition":                  {db.put(ctx, empty, attributes("PK", "limits", "SK", "b")), true},
		"empty condition in a transaction": {db.transact(ctx, empty, many(1, 1)...), true},
		"query":                            {db.query(ctx, nil, nil, "PK = :p AND SK BETWEEN :a AND :b", attributes(":p", "limits", ":a", "a", ":b", "b")), false},
		"query of a long key":              {db.query(ctx, nil, nil, "PK = :p", attributes(":p", long(2049))), true},
		"query of an empty key":            {db.query(ctx, nil, nil, "PK = :p", attributes(":p", "")), true},
		"query from an empty key":          {db.query(ctx, nil, nil, "PK = :p AND SK >= :a", attributes(":p", "limits", ":a", "")), true},
		"query to a long key":              {db.query(ctx, nil, nil, "PK = :p AND SK BETWEEN :a AND :b", attributes(":p", "limits", ":a", "a", ":b", long(1025))), true},
		"query of an empty prefix":         {db.query(ctx, nil, nil, "PK = :p AND begins_with(SK, :a)", attributes(":p", "limits", ":a", "")), true},
		"query of a long index key":        {db.query(ctx, index, nil, "u = :u", attributes(":u", long(2049))), true},
		"empty key condition":              {db.query(ctx, nil, nil, "", nil), true},
		"empty projection":                 {db.query(ctx, nil, empty, "PK = :p", attributes(":p", "limits")), true},
		"projected attribute":              {db.query(ctx, index, aws.String("PK, a"), "u = :u", attributes(":u", "u")), false},
		"attribute without its name":       {db.query(ctx, index, row, "u = :u", attributes(":u", "u")), true},
		"attribute not projected":          {db.query(ctx, index, body, "u = :u", attributes(":u", "u")), true},
		"item of 399 KB":                   {db.put(ctx, nil, many(1, 399<<10)[0]), false},
		"item of 401 KB":                   {db.put(ctx, nil, many(1, 401<<10)[0]), true},
		"item that grows to 500 KB":        {db.set(ctx, "SET x = :x, y = :y", attributes(":x", long(250<<10), ":y", long(250<<10))), true},
		"batch of 25":                      {db.batch(ctx, many(25, 1)...), false},
		"batch of 26":                      {db.batch(ctx, many(26, 1)...), true},
		"batch of none":                    {db.batch(ctx), true},
		"batch with a key twice":           {db.batch(ctx, many(1, 1)[0], many(1, 1)[0]), true},
		"batch with a long index key":      {db.batch(ctx, attributes("PK", "limits", "SK", "a", "u", "u", "a", long(1025))), true},
		"transaction of 100":               {db.transact(ctx, nil, many(100, 1)...), false},
		"transaction of 101":               {db.transact(ctx, nil, many(101, 1)...), true},
		"transaction of 5 MB":              {db.transact(ctx, nil, many(13, 390<<10)...), true},
		"transaction with a key twice":     {db.transact(ctx, nil, many(1, 1)[0], many(1, 1)[0]), true},
		"transaction with a long key":      {db.transact(ctx, nil, attributes("PK", "limits", "SK", long(1025))), true},
		"transaction with a long index":    {db.transact(ctx, nil, attributes("PK", "limits", "SK", "a", "u", "u", "a", long(1025))), true},
	} {
		if refused := c.err != nil; refused != c.refused {
			t.Errorf("%s: got %v, want refused %v", name, c.err, c.refused)
		}
	}
}
