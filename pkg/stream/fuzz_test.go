package stream_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
)

// FuzzRecord: a record of any shape is done or reported, and those beside it
// are done.
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
			return // Lambda's own door
		}
		s := &fakeStore{}
		project, deliver, _ := s.handlers()
		for _, handle := range []stream.BatchHandler{project, deliver} {
			all := batch(record, insert(entryOf("beside", 1, "message")))
			out, err := handle(t.Context(), all)
			if err != nil {
				t.Fatalf("got %v: an error fails the whole batch", err)
			}
			for _, failed := range out.BatchItemFailures {
				if failed.ItemIdentifier == "2" && record.Change.Keys["PK"].DataType() != events.DataTypeString {
					t.Errorf("%s: the record beside it failed", text)
				}
			}
		}
	})
}

// FuzzMessage: what comes from queues, topics and the bucket is done or failed,
// one by one.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{
		`{"userId":"sara","id":"1","channel":"sms"}`, "no order", "{}", "null", `{"channel":"pigeon"}`, `{"eventType":"Complaint","complaint":{"complainedRecipients":[{}]}}`,
		`{"mail":{"tags":{"person":[]}}}`, "uploads%2Fa", "%zz", "",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d, discard := &fakeDeliveries{}, slog.New(slog.DiscardHandler)
		deliverer := &notification.Deliverer{Store: d, SMS: fakeSMS{d}, Now: time.Now, MaxSMSPerDay: 9}
		out, err := stream.DeliverNotifications(deliverer, d, discard)(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}})
		if err != nil || len(out.BatchItemFailures) > 1 {
			t.Errorf("%q: got %v, %v", body, out, err)
		}
		report := events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: body}}}}
		if err := stream.HandleMailFeedback(d, discard)(t.Context(), report); err == nil && !json.Valid([]byte(body)) {
			t.Errorf("%q: no error", body)
		}
		a := &fakeAttachments{}
		if err := stream.HandleUploads(&attachment.Service{Store: a, Now: time.Now}, discard)(t.Context(), uploads(body)); len(a.ids) == 0 && err == nil {
			t.Errorf("%q: nobody was asked for, without an error", body)
		}
	})
}
