package worker_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/worker"
)

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
		store, ids := newStore(t), []string(nil)
		store.Before = func(_, id string) error {
			ids = append(ids, id)
			if id == "bad" {
				return errUnavailable
			}
			return nil
		}
		service := &attachment.Service{Store: store, Objects: &memstore.Objects{}, Now: time.Now}
		err := worker.HandleUploads(service, slog.New(slog.DiscardHandler))(t.Context(), c.event)
		if !slices.Equal(ids, c.ids) || (err != nil) != c.fails {
			t.Errorf("%s: read %q, %v, want %q, an error %v", c.name, ids, err, c.ids, c.fails)
		}
		if slices.Contains(c.ids, "bad") && !errors.Is(err, errUnavailable) {
			t.Errorf("%s: got %v, want %v in it", c.name, err, errUnavailable)
		}
	}
}
