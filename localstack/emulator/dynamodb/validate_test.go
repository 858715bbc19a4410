package dynamodb

import "testing"

// TestValidate_EqualKeys checks that a batch with equal keys is refused, as by DynamoDB.
func TestValidate_EqualKeys(t *testing.T) {
	table := newTable(t, "PK")
	for _, c := range []struct {
		operation, request string
		refused            bool
	}{
		{"BatchGetItem", `{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"b"}}]}`, false},
		{"BatchGetItem", `{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"b"}},{"PK":{"S":"a"}}]}`, true},
		{"BatchWriteItem", `[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]`, false},
		{"BatchWriteItem", `[{"PutRequest":{"Item":{"PK":{"S":"a"},"row":{"S":"x"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"a"}}}}]`, true},
	} {
		message := table.Validate(c.operation, []byte(`{"RequestItems":{"things":`+c.request+`}}`))
		if (message != "") != c.refused {
			t.Errorf("%s %s: got %q, refused %v", c.operation, c.request, message, c.refused)
		}
	}
}

// TestValidate_StartKey checks that a page that begins outside of the key condition is refused.
func TestValidate_StartKey(t *testing.T) {
	table := newTable(t, "PK")
	for _, c := range []struct {
		condition, start string
		refused          bool
	}{
		{"PK = :pk", `{"PK":{"S":"x"},"SK":{"S":"a"}}`, false},
		{"PK = :pk", `{"PK":{"S":"y"},"SK":{"S":"a"}}`, true},
		{"#hash = :pk", `{"PK":{"S":"y"},"SK":{"S":"a"}}`, true},
		{"PK = :pk", `{"SK":{"S":"a"}}`, true},
		{"PK = :pk AND SK BETWEEN :from AND :to", `{"PK":{"S":"x"},"SK":{"S":"b"}}`, false},
		{"PK = :pk AND SK BETWEEN :from AND :to", `{"PK":{"S":"x"},"SK":{"S":"d"}}`, false},
		{"PK = :pk AND SK BETWEEN :from AND :to", `{"PK":{"S":"x"},"SK":{"S":"a"}}`, true},
		{"PK = :pk AND SK BETWEEN :from AND :to", `{"PK":{"S":"x"},"SK":{"S":"da"}}`, true},
		{"PK = :pk AND begins_with(SK, :from)", `{"PK":{"S":"x"},"SK":{"S":"bc"}}`, false},
		{"PK = :pk AND begins_with(SK, :from)", `{"PK":{"S":"x"},"SK":{"S":"c"}}`, true},
		{"PK = :pk AND SK > :from", `{"PK":{"S":"x"},"SK":{"S":"b"}}`, true},
		{"PK = :pk AND SK >= :from", `{"PK":{"S":"x"},"SK":{"S":"b"}}`, false},
		{"PK = :pk AND SK < :to", `{"PK":{"S":"x"},"SK":{"S":"c"}}`, false},
		{"PK = :pk AND SK <= :to", `{"PK":{"S":"x"},"SK":{"S":"e"}}`, true},
	} {
		request := `{"KeyConditionExpression":"` + c.condition + `","ExclusiveStartKey":` + c.start + `,"ExpressionAttributeNames":{"#hash":"PK"},
			"ExpressionAttributeValues":{":pk":{"S":"x"},":from":{"S":"b"},":to":{"S":"d"}}}`
		if message := table.Validate("Query", []byte(request)); (message != "") != c.refused {
			t.Errorf("%s from %s: got %q, refused %v", c.condition, c.start, message, c.refused)
		}
	}
}

// TestValidate_Between checks that a key condition with a lower bound above the upper one is refused.
func TestValidate_Between(t *testing.T) {
	table := newTable(t, "PK")
	for bounds, refused := range map[[2]string]bool{{"a", "b"}: false, {"a", "a"}: false, {"b", "a"}: true, {"-2", "-1"}: true} {
		request := `{"KeyConditionExpression":"PK = :pk AND SK BETWEEN :from AND :to","ExpressionAttributeValues":{":pk":{"S":"x"},":from":{"S":"` + bounds[0] + `"},":to":{"S":"` + bounds[1] + `"}}}`
		if message := table.Validate("Query", []byte(request)); (message != "") != refused {
			t.Errorf("%s: got %q, refused %v", bounds, message, refused)
		}
	}
}
