package awsproxy

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// tableTarget is a table, or an index of one, as requests name it.
type tableTarget struct{ TableName, IndexName string }

func (t tableTarget) arn() string {
	if t.IndexName != "" {
		return arn("dynamodb", "table/"+t.TableName+"/index/"+t.IndexName)
	}
	return arn("dynamodb", "table/"+t.TableName)
}

// parseDynamoDB reads a call of DynamoDB. A transaction and a batch of writes need
// leave for what they hold.
func (c *Call) parseDynamoDB(r *http.Request) {
	_, c.Operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var request struct {
		tableTarget
		TransactItems []map[string]tableTarget   // TransactWriteItems, TransactGetItems: Put, Get ... of a target
		RequestItems  map[string]json.RawMessage // BatchGetItem, BatchWriteItem: by table
	}
	if json.Unmarshal(c.Body, &request) != nil {
		return // the engine will say what is wrong with it
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

// transactionAction is the action of one part of a transaction.
func transactionAction(kind string) string {
	if kind == "ConditionCheck" {
		return "ConditionCheckItem"
	}
	return kind + "Item"
}
