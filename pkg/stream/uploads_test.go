package stream_test

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
	"ticketsystem/pkg/stream"
)

// fakeAttachments is a Store that says what it was asked for.
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

// TestHandleUploads: each object is looked at, whatever becomes of the others; an
// error brings the event back.
func TestHandleUploads(t *testing.T) {
	for _, c := range []struct {
		name  string
		event events.S3Event
		asked []string
		fails bool
	}{
		{"nothing", uploads(), nil, false},
		{"two", uploads("uploads/a", "uploads/b"), []string{"a", "b"}, false},
		{"an encoded key", uploads("uploads%2Fa"), []string{"a"}, false},
		{"one that fails", uploads("uploads/bad", "uploads/b"), []string{"bad", "b"}, true},
		{"a key that cannot be read", uploads("uploads/%zz", "uploads/b"), []string{"b"}, true},
	} {
		a := &fakeAttachments{}
		service := &attachment.Service{Store: a, Now: time.Now}
		err := stream.HandleUploads(service, slog.New(slog.DiscardHandler))(context.Background(), c.event)
		if !slices.Equal(a.ids, c.asked) || (err != nil) != c.fails {
			t.Errorf("%s: asked for %q, %v, want %q, an error %v", c.name, a.ids, err, c.asked, c.fails)
		}
		if slices.Contains(c.asked, "bad") && !errors.Is(err, errUnavailable) {
			t.Errorf("%s: got %v, want %v in it", c.name, err, errUnavailable)
		}
	}
}
