package attachment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/user"
)

const (
	fileID   = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	otherID  = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
	pngStart = "\x89PNG\r\n\x1a\n"
)

var (
	noon       = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	sara       = user.Principal{UserID: "sara", Role: user.RoleUser}
	pngRequest = attachment.UploadRequest{Name: "a.png", Type: "image/png", Size: 9}
)

// memStore implements attachment.Store and attachment.ObjectStore in memory.
type memStore struct {
	attachments map[string]attachment.Attachment
	objects     map[string]string
}

func newService() (*attachment.Service, *memStore) {
	store := &memStore{attachments: map[string]attachment.Attachment{}, objects: map[string]string{}}
	return &attachment.Service{Store: store, Objects: store, Now: func() time.Time { return noon }, NewID: func() string { return fileID }}, store
}

func (store *memStore) AddAttachment(_ context.Context, a attachment.Attachment) error {
	store.attachments[a.ID] = a
	return nil
}

func (store *memStore) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	a, found := store.attachments[id]
	if !found {
		return a, apperr.New(apperr.AttachmentNotFound, "")
	}
	return a, nil
}

func (store *memStore) SetAttachmentState(_ context.Context, id string, to attachment.State, reason string) error {
	if a := store.attachments[id]; a.State == attachment.Pending {
		a.State, a.Reason = to, reason
		store.attachments[id] = a
	}
	return nil
}

func (store *memStore) PresignPost(_ context.Context, key, _ string, _ int64, _ string, _ time.Duration) (attachment.Upload, error) {
	return attachment.Upload{URL: "https://bucket", Fields: map[string]string{"key": key}}, nil
}

func (store *memStore) PresignGet(_ context.Context, key, name, _ string, _ time.Duration) (string, error) {
	return "https://bucket/" + key + "?name=" + name, nil
}

func (store *memStore) Head(_ context.Context, key string) (attachment.ObjectInfo, error) {
	content, found := store.objects[key]
	if !found {
		return attachment.ObjectInfo{}, attachment.ErrObjectNotFound
	}
	return attachment.ObjectInfo{Size: int64(len(content)), ETag: content}, nil
}

func (store *memStore) ReadPrefix(_ context.Context, key string, n int64) ([]byte, error) {
	content, found := store.objects[key]
	if !found {
		return nil, attachment.ErrObjectNotFound
	}
	return []byte(content)[:min(int64(len(content)), n)], nil
}

func (store *memStore) Copy(_ context.Context, from, etag, to string) error {
	if content, found := store.objects[from]; found && content == etag {
		store.objects[to] = content
		return nil
	}
	return attachment.ErrObjectNotFound
}

func (store *memStore) Delete(_ context.Context, key string) error {
	delete(store.objects, key)
	return nil
}

func TestCreateUpload(t *testing.T) {
	ctx := context.Background()
	service, store := newService()
	a, upload, err := service.CreateUpload(ctx, sara, pngRequest)
	if err != nil || a.State != attachment.Pending || a.Owner != "sara" || !a.CreatedAt.Equal(noon) || upload.Fields["key"] != a.UploadKey() {
		t.Errorf("got %+v, %+v, %v", a, upload, err)
	}
	if _, _, err := service.CreateUpload(ctx, sara, attachment.UploadRequest{}); !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("empty request: got %v, want invalid_body", err)
	}
	if len(store.attachments) != 1 {
		t.Errorf("attachments: got %d, want 1", len(store.attachments))
	}
}

func TestProcessUpload(t *testing.T) {
	cases := []struct {
		name, content string
		want          attachment.State
	}{
		{"as declared", pngStart + "x", attachment.Ready},
		{"longer", pngStart + "xy", attachment.Refused},
		{"shorter", pngStart, attachment.Refused},
		{"other type", "<html>...", attachment.Refused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			service, store := newService()
			a, _, err := service.CreateUpload(ctx, sara, pngRequest)
			if err != nil {
				t.Fatal(err)
			}
			store.objects[a.UploadKey()] = c.content
			for range 2 { // S3 may deliver an event twice
				if err := service.ProcessUpload(ctx, a.ID); err != nil {
					t.Fatal(err)
				}
			}
			if got := store.attachments[a.ID]; got.State != c.want || (got.Reason != "") != (c.want == attachment.Refused) {
				t.Errorf("got %s %q, want %s", got.State, got.Reason, c.want)
			}
			if _, kept := store.objects[a.Key()]; kept != (c.want == attachment.Ready) {
				t.Errorf("validated object exists: got %v", kept)
			}
			if _, left := store.objects[a.UploadKey()]; left {
				t.Error("the upload was not deleted")
			}
		})
	}
}

// TestProcessUpload_ReplacedAfterCheck checks that later uploads do not change
// a validated file: the permission to upload is valid longer than the check.
func TestProcessUpload_ReplacedAfterCheck(t *testing.T) {
	ctx := context.Background()
	service, store := newService()
	a, _, err := service.CreateUpload(ctx, sara, pngRequest)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{pngStart + "x", pngStart + "y", "<html>..."} {
		store.objects[a.UploadKey()] = content
		if err := service.ProcessUpload(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := store.objects[a.Key()]; got != pngStart+"x" || store.attachments[a.ID].State != attachment.Ready {
		t.Errorf("got %q, %s: want the validated content", got, store.attachments[a.ID].State)
	}
}

func TestProcessUpload_NoRecord(t *testing.T) {
	service, _ := newService()
	if err := service.ProcessUpload(context.Background(), otherID); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestDownloadURL(t *testing.T) {
	ctx := context.Background()
	service, store := newService()
	if _, _, err := service.CreateUpload(ctx, sara, pngRequest); err != nil {
		t.Fatal(err)
	}
	otherUser := user.Principal{UserID: "stranger", Role: user.RoleUser}
	for _, c := range []struct {
		state attachment.State
		id    string
		actor user.Principal
		want  apperr.Code
	}{
		{attachment.Pending, fileID, sara, apperr.AttachmentPending},
		{attachment.Refused, fileID, sara, apperr.AttachmentRefused},
		{attachment.Pending, fileID, otherUser, apperr.AttachmentNotFound},
		{attachment.Ready, fileID, otherUser, apperr.AttachmentNotFound},
		{attachment.Ready, otherID, sara, apperr.AttachmentNotFound},
		{attachment.Ready, "nonsense", sara, apperr.AttachmentNotFound},
	} {
		a := store.attachments[fileID]
		a.State = c.state
		store.attachments[fileID] = a
		if url, err := service.DownloadURL(ctx, c.actor, c.id); !apperr.Is(err, c.want) || url != "" {
			t.Errorf("%s %s to %s: got %q, %v, want %s", c.state, c.id, c.actor.UserID, url, err, c.want)
		}
	}
	if url, err := service.DownloadURL(ctx, sara, fileID); err != nil || !strings.HasSuffix(url, "?name=a.png") {
		t.Errorf("got %q, %v", url, err)
	}
}

// failingStore is an object store that is unreachable.
type failingStore struct{ *memStore }

var errUnavailable = errors.New("unreachable")

func (failingStore) Head(context.Context, string) (attachment.ObjectInfo, error) {
	return attachment.ObjectInfo{}, errUnavailable
}

func TestProcessUpload_StoreError(t *testing.T) {
	ctx := context.Background()
	service, store := newService()
	if _, _, err := service.CreateUpload(ctx, sara, pngRequest); err != nil {
		t.Fatal(err)
	}
	service.Objects = failingStore{store}
	if err := service.ProcessUpload(ctx, fileID); !errors.Is(err, errUnavailable) || store.attachments[fileID].State != attachment.Pending {
		t.Errorf("got %v, %s: want the error, so that the event is retried, and state pending", err, store.attachments[fileID].State)
	}
}
