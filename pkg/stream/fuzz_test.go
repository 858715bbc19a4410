package stream_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/stream"
)

// FuzzRecord checks that a malformed record never fails the records of other
// partitions.
func FuzzRecord(f *testing.F) {
	for _, record := range []string{
		`{"eventName":"INSERT","dynamodb":{"Keys":{"PK":{"S":"T#t"},"SK":{"S":"M#0000000009"}},"NewImage":{"PK":{"S":"T#t"},"SK":{"S":"M#0000000009"},"b":{"B":"AQ=="}}}}`,
		`{"eventName":"INSERT","dynamodb":{"Keys":{"PK":{"N":"1"}},"NewImage":{}}}`, `{"eventName":"REMOVE"}`, `{"dynamodb":{"Keys":null}}`, `{}`,
	} {
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var record events.DynamoDBEventRecord
		if json.Unmarshal([]byte(text), &record) != nil {
			return // Lambda rejects it
		}
		project, deliver, _ := newFixture(t).handlers()
		for _, handle := range []stream.BatchHandler{project, deliver} {
			all := batch(record, insert(entryOf("beside", 1, "message")))
			out, err := handle(t.Context(), all)
			if err != nil {
				t.Fatalf("got %v: an error fails the whole batch", err)
			}
			for _, failed := range out.BatchItemFailures {
				if failed.ItemIdentifier == "2" && record.Change.Keys["PK"].DataType() != events.DataTypeString {
					t.Errorf("%s: the record of another partition failed", text)
				}
			}
		}
	})
}
