package worker_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/worker"
)

// FuzzMessage checks that each invalid message of a queue, a topic or the bucket
// is reported as failed.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{
		`{"userId":"sara","id":"1","channel":"sms"}`, "invalid job", "{}", "null", `{"channel":"pigeon"}`, `{"eventType":"Complaint","complaint":{"complainedRecipients":[{}]}}`,
		`{"mail":{"tags":{"person":[]}}}`, "uploads%2Fa", "%zz", "",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		store, discard := memstore.New(time.Now), slog.New(slog.DiscardHandler)
		deliverer := &notification.Deliverer{Store: store, SMS: fakeSMS{}, Now: time.Now, MaxSMSPerDay: 9}
		out, err := (&worker.Deliveries{Deliverer: deliverer, Queue: &fakeQueue{}, Log: discard}).HandleBatch()(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}})
		if err != nil || len(out.BatchItemFailures) > 1 {
			t.Errorf("%q: got %v, %v", body, out, err)
		}
		codes := &worker.Codes{Sender: newCodeSender(t, store, fakeSMS{}, 9), Queue: &fakeQueue{}, Log: discard}
		if out, err := codes.HandleBatch()(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}}); err != nil || len(out.BatchItemFailures) != 1 {
			t.Errorf("code %q: got %v, %v, want one failure", body, out, err)
		}
		report := events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: body}}}}
		if err := worker.HandleMailFeedback(store, discard)(t.Context(), report); err == nil && !json.Valid([]byte(body)) {
			t.Errorf("%q: no error", body)
		}
		if err := worker.HandleUploads(&attachment.Service{Store: store, Objects: &memstore.Objects{}, Now: time.Now}, discard)(t.Context(), uploads(body)); store.Calls("Attachment") == 0 && err == nil {
			t.Errorf("%q: no attachment was read, and no error", body)
		}
	})
}
