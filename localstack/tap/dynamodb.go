package tap

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// target is a table, or an index of one, as requests name it.
type target struct{ TableName, IndexName string }

func (t target) arn() string {
	if t.IndexName != "" {
		return arn("dynamodb", "table/"+t.TableName+"/index/"+t.IndexName)
	}
	return arn("dynamodb", "table/"+t.TableName)
}

// dynamodb reads a call of DynamoDB. A transaction and a batch of writes need
// leave for what they hold.
func (c *Call) dynamodb(r *http.Request) {
	_, c.Operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var request struct {
		target
		TransactItems []map[string]target        // TransactWriteItems, TransactGetItems: Put, Get ... of a target
		RequestItems  map[string]json.RawMessage // BatchGetItem, BatchWriteItem: by table
	}
	if json.Unmarshal(c.Body, &request) != nil {
		return // the engine will say what is wrong with it
	}
	switch c.Operation {
	case "TransactWriteItems", "TransactGetItems":
		for _, item := range request.TransactItems {
			for kind, on := range item {
				c.use("dynamodb:"+part(kind), on.arn())
			}
		}
	case "BatchGetItem", "BatchWriteItem":
		for _, name := range slices.Sorted(maps.Keys(request.RequestItems)) {
			c.use("dynamodb:"+c.Operation, target{TableName: name}.arn())
		}
	default:
		c.use("dynamodb:"+c.Operation, request.arn())
	}
}

// part is the action of one part of a transaction.
func part(kind string) string {
	if kind == "ConditionCheck" {
		return "ConditionCheckItem"
	}
	return kind + "Item"
}
