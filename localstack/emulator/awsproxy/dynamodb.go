package awsproxy

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"ticketsystem/localstack/emulator/dynamodb"
)

// tableTarget is what a call or a part of it reads or writes: a table or one of its
// indexes, and an item or the items of a query.
type tableTarget struct {
	TableName, IndexName      string
	Key, Item                 map[string]stringValue
	KeyConditionExpression    string
	ExpressionAttributeValues map[string]stringValue

	UpdateExpression, ConditionExpression, ReturnValues string
	ExpressionAttributeNames                            map[string]string
}

// stringValue is an attribute value. All partition keys are strings.
type stringValue struct{ S string }

func (t tableTarget) arn() string {
	if t.IndexName != "" {
		return arn("dynamodb", "table/"+t.TableName+"/index/"+t.IndexName)
	}
	return arn("dynamodb", "table/"+t.TableName)
}

// leadingKey returns the value of the partition key.
func (t tableTarget) leadingKey() string {
	if match := dynamodb.PartitionCondition.FindStringSubmatch(t.KeyConditionExpression); match != nil {
		return t.ExpressionAttributeValues[match[1]].S
	}
	if t.Item != nil {
		return t.Item["PK"].S
	}
	return t.Key["PK"].S
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
				c.requireItem("dynamodb:"+transactionAction(kind), on)
			}
		}
	case "BatchGetItem":
		for _, name := range slices.Sorted(maps.Keys(request.RequestItems)) {
			var list struct{ Keys []map[string]stringValue }
			_ = json.Unmarshal(request.RequestItems[name], &list) // the engine returns the error
			for _, key := range list.Keys {
				c.requireItem("dynamodb:BatchGetItem", tableTarget{TableName: name, Key: key})
			}
		}
	case "BatchWriteItem":
		for _, name := range slices.Sorted(maps.Keys(request.RequestItems)) {
			var list []struct{ PutRequest, DeleteRequest tableTarget }
			_ = json.Unmarshal(request.RequestItems[name], &list) // the engine returns the error
			for _, w := range list {
				w.PutRequest.TableName, w.PutRequest.Key = name, w.DeleteRequest.Key
				c.requireItem("dynamodb:BatchWriteItem", w.PutRequest)
			}
		}
	default:
		c.requireItem("dynamodb:"+c.Operation, request.tableTarget)
	}
}

func (c *Call) requireItem(action string, t tableTarget) {
	p := Permission{Action: action, Resource: t.arn(), LeadingKey: t.leadingKey()}
	if action == "dynamodb:UpdateItem" {
		p.Attributes, p.ReturnValues = t.attributes(), t.ReturnValues
	}
	c.Permissions = append(c.Permissions, p)
}

// expressionWord matches a name, placeholder, value, function or keyword of an expression, and the
// parts of a path after the first, which begin with a dot.
var expressionWord = regexp.MustCompile(`[.:#]?[A-Za-z_]\w*`)

// attributes returns the sorted names of the attributes of an update, separated by spaces.
func (t tableTarget) attributes() string {
	names := slices.Collect(maps.Keys(t.Key))
	for _, expression := range []string{t.UpdateExpression, t.ConditionExpression} {
		for _, at := range expressionWord.FindAllStringIndex(expression, -1) {
			word, after := expression[at[0]:at[1]], strings.TrimSpace(expression[at[1]:])
			isKeyword := slices.Contains([]string{"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}, strings.ToUpper(word))
			if isKeyword || strings.ContainsAny(word[:1], ".:") || strings.HasPrefix(after, "(") {
				continue
			}
			if name, ok := t.ExpressionAttributeNames[word]; ok {
				word = name
			}
			names = append(names, word)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// transactionAction returns the action of one part of a transaction.
func transactionAction(kind string) string {
	if kind == "ConditionCheck" {
		return "ConditionCheckItem"
	}
	return kind + "Item"
}
