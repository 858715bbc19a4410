package dynamo

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/event"
)

// FuzzDecodeRecord checks that a malformed record is an error, never a panic, which
// would fail the whole batch.
func FuzzDecodeRecord(f *testing.F) {
	const (
		entry     = `{"PK":{"S":"T#t"},"SK":{"S":"M#0000000001"},"k":{"S":"message"},"s":{"M":{"status":{"S":"open"}}}}`
		tombstone = `{"PK":{"S":"T#t"},"SK":{"S":"~H"},"gone":{"N":"1"},"row":{"M":{}}}`
	)
	for _, image := range []string{
		entry, tombstone, `{"PK":{"S":"T#t"},"SK":{"S":"P#u"},"r":{"N":"x"}}`, `{"PK":{"S":"U#u"},"SK":{"S":"~U"},"role":{"S":"admin"}}`, `{"PK":{"S":"N#u"},"SK":{"S":"01"}}`,
		`{"PK":{"S":"C#c"},"SK":{"S":"C"},"ttl":{"N":"1e400"}}`, `{"PK":{"S":"BROADCAST"},"SK":{"S":"01"}}`, `{"PK":{"S":"U#u"},"SK":{"S":"S#f"},"u":{"M":{}}}`,
		`{"PK":{"N":"1"},"SK":{"N":"2"}}`, `{"SK":{"S":"~P"},"b":{"N":"-1"}}`, `{}`, `{"PK":{"S":""},"SK":{"S":""}}`, `{"SK":{"NULL":true}}`, `{"SK":{"BS":["AA=="]}}`, `{"SK":{"L":[{"M":{"x":{"NS":["1"]}}}]}}`,
	} {
		for _, kind := range []string{"INSERT", "MODIFY", "REMOVE", ""} {
			f.Add(kind, image, image)
		}
	}
	f.Fuzz(func(t *testing.T, kind, oldImage, newImage string) {
		record := events.DynamoDBEventRecord{EventName: kind}
		if json.Unmarshal([]byte(oldImage), &record.Change.OldImage) != nil || json.Unmarshal([]byte(newImage), &record.Change.NewImage) != nil {
			return // Lambda rejects it
		}
		got, err := DecodeRecord(record)
		if err != nil {
			return
		}
		if appended, ok := got.(event.EntryAppended); ok && appended.Entry.Seq < 0 {
			t.Errorf("got %+v of %s", got, newImage)
		}
	})
}
