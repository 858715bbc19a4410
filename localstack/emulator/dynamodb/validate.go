package dynamodb

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Limits of DynamoDB for keys of a table and of its indexes, in bytes.
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

// expression is an expression of a request with its values and names.
type expression struct {
	IndexName                 string
	Item                      map[string]value
	KeyConditionExpression    string
	UpdateExpression          string
	ProjectionExpression      string
	ExpressionAttributeValues map[string]value
	ExpressionAttributeNames  map[string]string
	ExclusiveStartKey         map[string]value
}

// value is an attribute value. Keys are strings.
type value struct{ S *string }

// Validate returns the message with which DynamoDB refuses a request, and "" for a
// valid one. It covers what the engine accepts: key conditions with an empty or a long
// value or with bounds in the wrong order, pages that begin outside of the key condition, long index
// keys, reads of attributes that an index does not project, and batches with equal keys.
func (t Table) Validate(operation string, body []byte) string {
	var request struct {
		expression
		TransactItems []map[string]expression
		RequestItems  map[string]json.RawMessage
	}
	if json.Unmarshal(body, &request) != nil {
		return "" // the engine reports it
	}
	parts := []expression{request.expression}
	for _, item := range request.TransactItems {
		for _, part := range item {
			parts = append(parts, part)
		}
	}
	for _, list := range request.RequestItems {
		b := parseBatch(operation, list)
		if t.hasDuplicates(b.keys) {
			return "Provided list of item keys contains duplicates"
		}
		parts = append(parts, b.puts...)
	}
	for _, e := range parts {
		if message := t.validate(e); message != "" {
			return message
		}
	}
	return ""
}

func (t Table) validate(e expression) string {
	for _, c := range e.comparisons(e.KeyConditionExpression) {
		if c.value == "" {
			return "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: " + c.attribute
		}
		if message := t.validateKey(c.attribute, c.value); message != "" {
			return message
		}
	}
	if message := e.validateBetween(); message != "" {
		return message
	}
	if message := e.validateStartKey(); message != "" {
		return message
	}
	for _, c := range e.comparisons(e.UpdateExpression) {
		if message := t.validateKey(c.attribute, c.value); message != "" {
			return message
		}
	}
	for name, v := range e.Item {
		if v.S == nil {
			continue
		}
		if message := t.validateKey(name, *v.S); message != "" {
			return message
		}
	}
	return t.validateProjection(e)
}

// validateBetween checks the order of the bounds of BETWEEN in a key condition.
func (e expression) validateBetween() string {
	for _, match := range comparisonPattern.FindAllStringSubmatch(e.KeyConditionExpression, -1) {
		lower, upper := e.ExpressionAttributeValues[match[3]], e.ExpressionAttributeValues[match[4]]
		if lower.S != nil && upper.S != nil && *lower.S > *upper.S {
			return fmt.Sprintf("Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "+
				"lower bound operand: AttributeValue: {S:%s}, upper bound operand: AttributeValue: {S:%s}", *lower.S, *upper.S)
		}
	}
	return ""
}

// validateStartKey checks that a page begins where the key condition holds.
func (e expression) validateStartKey() string {
	if len(e.ExclusiveStartKey) == 0 {
		return ""
	}
	for _, match := range comparisonPattern.FindAllStringSubmatch(e.KeyConditionExpression, -1) {
		start, operand, upper := e.ExclusiveStartKey[e.attribute(match[1])].S, e.ExpressionAttributeValues[match[3]].S, e.ExpressionAttributeValues[match[4]].S
		switch operator := match[2]; {
		case start == nil:
			return "The provided starting key is invalid"
		case operand == nil || operator == "BETWEEN" && upper == nil: // the engine reports it
		case operator == "=" && *start != *operand:
			return "The provided starting key is outside query boundaries based on provided conditions"
		case operator == "BETWEEN" && (*start < *operand || *start > *upper), operator == "," && !strings.HasPrefix(*start, *operand),
			operator == "<" && *start >= *operand, operator == "<=" && *start > *operand,
			operator == ">" && *start <= *operand, operator == ">=" && *start < *operand:
			return "The provided starting key does not match the range key predicate"
		}
	}
	return ""
}

// validateKey checks the size of a value if its attribute is a key.
func (t Table) validateKey(attribute, v string) string {
	schema := slices.Clone(t.KeySchema)
	for _, index := range t.GlobalSecondaryIndexes {
		schema = append(schema, index.KeySchema...)
	}
	for _, k := range schema {
		switch {
		case k.AttributeName != attribute:
		case k.KeyType == "HASH" && len(v) > maxPartitionKey:
			return fmt.Sprintf("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of%d bytes", maxPartitionKey)
		case k.KeyType == "RANGE" && len(v) > maxSortKey:
			return fmt.Sprintf("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortKey)
		}
	}
	return ""
}

// validateProjection checks that an index projects the requested attributes.
func (t Table) validateProjection(e expression) string {
	i := slices.IndexFunc(t.GlobalSecondaryIndexes, func(index Index) bool { return index.IndexName == e.IndexName })
	if i < 0 || e.ProjectionExpression == "" || t.GlobalSecondaryIndexes[i].Projection.ProjectionType == "ALL" {
		return ""
	}
	index := t.GlobalSecondaryIndexes[i]
	projected := slices.Clone(index.Projection.NonKeyAttributes)
	for _, k := range slices.Concat(t.KeySchema, index.KeySchema) {
		projected = append(projected, k.AttributeName)
	}
	for path := range strings.SplitSeq(e.ProjectionExpression, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(path), ".")
		if name = e.attribute(name); !slices.Contains(projected, name) {
			return fmt.Sprintf("One or more parameter values were invalid: Global secondary index %s does not project [%s]", index.IndexName, name)
		}
	}
	return ""
}

// attribute returns the attribute that a name of an expression stands for.
func (e expression) attribute(name string) string {
	if full, ok := e.ExpressionAttributeNames[name]; ok {
		return full
	}
	return name
}

// comparison is an attribute and a string that it is compared with or set to.
type comparison struct{ attribute, value string }

// comparisonPattern has the attribute, the operator ("," for begins_with) and its values.
var comparisonPattern = regexp.MustCompile(`([#\w]+)\s*([<>=]+|BETWEEN|,)\s*(:\w+)(?:\s+AND\s+(:\w+))?`)

// comparisons returns the string values of a key condition or an update: those after a
// comparison, BETWEEN and begins_with.
func (e expression) comparisons(text string) []comparison {
	var all []comparison
	for _, match := range comparisonPattern.FindAllStringSubmatch(text, -1) {
		for _, name := range match[3:] {
			if v := e.ExpressionAttributeValues[name]; v.S != nil {
				all = append(all, comparison{e.attribute(match[1]), *v.S})
			}
		}
	}
	return all
}
