package stream_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

func TestDeleteFiles(t *testing.T) {
	objects := &memstore.Objects{}
	for _, key := range []string{"uploads/a", "files/a", "files/a-480", "files/b"} {
		objects.Set(key, "x")
	}
	remove := stream.DeleteFiles(objects)
	for range 2 { // the stream may repeat a record
		if err := remove(t.Context(), event.AttachmentDeleted{ID: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := slices.Collect(maps.Keys(objects.Content())); !slices.Equal(got, []string{"files/b"}) {
		t.Errorf("left: %q, want files/b only", got)
	}
	failed := errors.New("unavailable")
	objects.Before = func(string, string) error { return failed }
	if err := remove(t.Context(), event.AttachmentDeleted{ID: "b"}); !errors.Is(err, failed) {
		t.Errorf("got %v, want the error, so that the record is retried", err)
	}
}

// fakeFiles records the calls of handlers.
type fakeFiles struct{ calls []string }

func (f *fakeFiles) RetainAttachment(_ context.Context, id string) error {
	f.calls = append(f.calls, "retain "+id)
	return nil
}

func (f *fakeFiles) ExpireAttachment(_ context.Context, id string, at time.Time) error {
	f.calls = append(f.calls, "expire "+id+at.Format(" 02 15:04"))
	return nil
}

func (f *fakeFiles) EraseAttachment(_ context.Context, id string) error {
	f.calls = append(f.calls, "erase "+id)
	return nil
}

func (f *fakeFiles) AddFileReference(_ context.Context, ownerID, id string) error {
	f.calls = append(f.calls, "add "+ownerID+" "+id)
	return nil
}

func (f *fakeFiles) DeleteFileReference(_ context.Context, ownerID, id string) error {
	f.calls = append(f.calls, "delete "+ownerID+" "+id)
	return nil
}

func (f *fakeFiles) User(_ context.Context, id string) (user.User, error) {
	f.calls = append(f.calls, "read "+id)
	if id == "gone" {
		return user.User{}, apperr.New(apperr.UserNotFound, "")
	}
	return user.User{ID: id}, nil
}

func TestFileHandlers(t *testing.T) {
	noon := func() time.Time { return time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC) }
	u := func(role user.Role, picture string) user.User {
		return user.User{ID: "u", Role: role, PictureID: picture}
	}
	for _, c := range []struct {
		name string
		e    event.Event
		want []string
	}{
		{"first picture", event.UserChanged{Old: u("user", ""), New: u("user", "a")}, []string{"retain a"}},
		{"other picture", event.UserChanged{Old: u("user", "a"), New: u("user", "b")}, []string{"expire a 22 12:00", "retain b"}},
		{"picture removed", event.UserChanged{Old: u("user", "a"), New: u("user", "")}, []string{"expire a 22 12:00"}},
		{"same picture", event.UserChanged{Old: u("user", "a"), New: u("support", "a")}, nil},
		{"no old image", event.UserChanged{New: u("user", "a")}, nil},
		{"user deleted", event.UserDeleted{User: u("user", "a")}, nil},
		{"file created", event.AttachmentCreated{ID: "f", OwnerID: "u"}, []string{"add u f", "read u"}},
		{"file of a deleted user", event.AttachmentCreated{ID: "f", OwnerID: "gone"}, []string{"add gone f", "read gone", "erase f"}},
		{"file deleted", event.AttachmentDeleted{ID: "f", OwnerID: "u"}, []string{"delete u f"}},
	} {
		files := &fakeFiles{}
		for _, handle := range []stream.Handler{stream.ExpireReplacedPictures(files, noon), stream.RecordFiles(files)} {
			if err := handle(t.Context(), c.e); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(files.calls, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, files.calls, c.want)
		}
	}
}
