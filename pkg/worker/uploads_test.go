package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/worker"
)

// fakeAttachments records the ids of the attachments that are read.
type fakeAttachments struct {
	attachment.Store
	ids []string
}

func (a *fakeAttachments) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	a.ids = append(a.ids, id)
	if id == "bad" {
		return attachment.Attachment{}, errUnavailable
	}
	return attachment.Attachment{}, apperr.New(apperr.AttachmentNotFound, "")
}

func uploads(keys ...string) (event events.S3Event) {
	for _, key := range keys {
		var record events.S3EventRecord
		record.S3.Object.Key = key
		event.Records = append(event.Records, record)
	}
	return event
}

// TestHandleUploads checks that all objects are processed, and that a failed one
// fails the event.
func TestHandleUploads(t *testing.T) {
	for _, c := range []struct {
		name  string
		event events.S3Event
		ids   []string
		fails bool
	}{
		{"empty", uploads(), nil, false},
		{"two objects", uploads("uploads/a", "uploads/b"), []string{"a", "b"}, false},
		{"encoded key", uploads("uploads%2Fa"), []string{"a"}, false},
		{"one fails", uploads("uploads/bad", "uploads/b"), []string{"bad", "b"}, true},
		{"malformed key", uploads("uploads/%zz", "uploads/b"), []string{"b"}, true},
	} {
		a := &fakeAttachments{}
		service := &attachment.Service{Store: a, Now: time.Now}
		err := worker.HandleUploads(service, slog.New(slog.DiscardHandler))(context.Background(), c.event)
		if !slices.Equal(a.ids, c.ids) || (err != nil) != c.fails {
			t.Errorf("%s: read %q, %v, want %q, an error %v", c.name, a.ids, err, c.ids, c.fails)
		}
		if slices.Contains(c.ids, "bad") && !errors.Is(err, errUnavailable) {
			t.Errorf("%s: got %v, want %v in it", c.name, err, errUnavailable)
		}
	}
}
