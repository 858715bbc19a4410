package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stream"
)

// archive is a Store that says what it was asked for.
type archive struct {
	attachment.Store
	asked []string
}

func (a *archive) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	a.asked = append(a.asked, id)
	if id == "bad" {
		return attachment.Attachment{}, errNoAnswer
	}
	return attachment.Attachment{}, fault.New(fault.AttachmentNotFound, "")
}

func uploads(keys ...string) (event events.S3Event) {
	for _, key := range keys {
		var record events.S3EventRecord
		record.S3.Object.Key = key
		event.Records = append(event.Records, record)
	}
	return event
}

// TestUploads: each object is looked at, whatever becomes of the others; an
// error brings the event back.
func TestUploads(t *testing.T) {
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
		a := &archive{}
		desk := &attachment.Desk{Store: a, Now: time.Now}
		err := stream.Uploads(desk, slog.New(slog.DiscardHandler))(context.Background(), c.event)
		if !slices.Equal(a.asked, c.asked) || (err != nil) != c.fails {
			t.Errorf("%s: asked for %q, %v, want %q, an error %v", c.name, a.asked, err, c.asked, c.fails)
		}
		if slices.Contains(c.asked, "bad") && !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: got %v, want %v in it", c.name, err, errNoAnswer)
		}
	}
}
