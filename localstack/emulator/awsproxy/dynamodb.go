package awsproxy

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// tableTarget is a table or one of its indexes.
type tableTarget struct{ TableName, IndexName string }

func (t tableTarget) arn() string {
	if t.IndexName != "" {
		return arn("dynamodb", "table/"+t.TableName+"/index/"+t.IndexName)
	}
	return arn("dynamodb", "table/"+t.TableName)
}

// parseDynamoDB parses a DynamoDB call. Transactions and batches require the
// permissions of their parts.
func (c *Call) parseDynamoDB(r *http.Request) {
	_, c.Operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var request struct {
		tableTarget
		TransactItems []map[string]tableTarget   // TransactWriteItems, TransactGetItems; by kind: Put, Get ...
		RequestItems  map[string]json.RawMessage // BatchGetItem, BatchWriteItem; by table
	}
	if json.Unmarshal(c.Body, &request) != nil {
		return // the engine returns the error
	}
	switch c.Operation {
	case "TransactWriteItems", "TransactGetItems":
		for _, item := range request.TransactItems {
			for kind, on := range item {
				c.require("dynamodb:"+transactionAction(kind), on.arn())
			}
		}
	case "BatchGetItem", "BatchWriteItem":
		for _, name := range slices.Sorted(maps.Keys(request.RequestItems)) {
			c.require("dynamodb:"+c.Operation, tableTarget{TableName: name}.arn())
		}
	default:
		c.require("dynamodb:"+c.Operation, request.arn())
	}
}

// transactionAction returns the action of one part of a transaction.
func transactionAction(kind string) string {
	if kind == "ConditionCheck" {
		return "ConditionCheckItem"
	}
	return kind + "Item"
}
