package attachment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const (
	fileID   = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	otherID  = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
	pngStart = "\x89PNG\r\n\x1a\n"
)

var (
	noon           = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	sara           = user.Principal{UserID: "sara", Role: user.RoleUser}
	pngRequest     = attachment.UploadRequest{Name: "a.png", Type: "image/png", Size: 9}
	errUnavailable = errors.New("unavailable")
)

// fixture is a Service with in-memory stores.
type fixture struct {
	*attachment.Service
	store   *memstore.Store
	objects *memstore.Objects
}

func newFixture() fixture {
	now := func() time.Time { return noon }
	store, objects := memstore.New(now), &memstore.Objects{}
	return fixture{&attachment.Service{Store: store, Objects: objects, Now: now, NewID: func() string { return fileID }, MaxSize: maxSize, Matches: startsWithPNG, Picture: noPicture}, store, objects}
}

func noPicture(context.Context, []byte) (attachment.Picture, bool) { return attachment.Picture{}, true }

func startsWithPNG(_ string, prefix []byte) bool { return strings.HasPrefix(string(prefix), pngStart) }

// upload creates an attachment and uploads its content.
func (f fixture) upload(t *testing.T, content string) attachment.Attachment {
	t.Helper()
	a, _, err := f.CreateUpload(t.Context(), sara, pngRequest)
	if err != nil {
		t.Fatal(err)
	}
	f.objects.Set(a.UploadKey(), content)
	return a
}

// stored returns the stored attachment.
func (f fixture) stored(t *testing.T) attachment.Attachment {
	t.Helper()
	a, err := f.store.Attachment(t.Context(), fileID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCreateUpload(t *testing.T) {
	f := newFixture()
	a, upload, err := f.CreateUpload(t.Context(), sara, pngRequest)
	if err != nil || a.State != attachment.Pending || a.Owner != "sara" || !a.CreatedAt.Equal(noon) || upload.Fields["key"] != a.UploadKey() {
		t.Errorf("got %+v, %+v, %v", a, upload, err)
	}
	if _, _, err := f.CreateUpload(t.Context(), sara, attachment.UploadRequest{}); !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("empty request: got %v, want invalid_body", err)
	}
	if n := f.store.Calls("AddAttachment"); n != 1 {
		t.Errorf("attachments: got %d, want 1", n)
	}
}

// TestCreateUpload_PendingLimit checks that large files count their size, and small ones
// the minimum.
func TestCreateUpload_PendingLimit(t *testing.T) {
	for size, want := range map[int64]int{1: 8, 4 << 20: 8, 4<<20 + 1: 6, 9 << 20: 3} {
		f := newFixture()
		f.MaxSize = 10 << 20
		f.UploadLimiter = &limit.Limiter{Rule: limit.Rule{Name: "uploads", Max: 32, Window: attachment.UploadTTL}, Store: f.store, Now: f.Now}
		request, accepted := pngRequest, 0
		request.Size = size
		_, _, err := f.CreateUpload(t.Context(), sara, request)
		for ; err == nil && accepted < 100; accepted++ {
			_, _, err = f.CreateUpload(t.Context(), sara, request)
		}
		if accepted != want || !apperr.Is(err, apperr.RateLimited) {
			t.Errorf("%d bytes: accepted %d, then %v; want %d, then rate_limited", size, accepted, err, want)
		}
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
			f := newFixture()
			a := f.upload(t, c.content)
			for range 2 { // S3 may deliver an event twice
				if err := f.ProcessUpload(t.Context(), a.ID); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.stored(t); got.State != c.want || (got.Reason != "") != (c.want == attachment.Refused) {
				t.Errorf("got %s %q, want %s", got.State, got.Reason, c.want)
			}
			if _, kept := f.objects.Content()[a.Key()]; kept != (c.want == attachment.Ready) {
				t.Errorf("validated object exists: got %v", kept)
			}
			if _, left := f.objects.Content()[a.UploadKey()]; left {
				t.Error("the upload was not deleted")
			}
		})
	}
}

// TestProcessUpload_Picture checks which object is the thumbnail of a picture, and that
// none stays without its record.
func TestProcessUpload_Picture(t *testing.T) {
	const file, thumb = "https://bucket.example/files/" + fileID + "?name=a.png", "https://bucket.example/files/" + fileID + "-480?name=a-480.jpg"
	for name, c := range map[string]struct {
		picture   attachment.Picture
		ok        bool
		thumbnail string // its URL
		picURL    string
	}{
		"large":         {attachment.Picture{Width: 900, Height: 600, Thumbnail: []byte("jpeg")}, true, thumb, thumb},
		"small":         {attachment.Picture{Width: 480, Height: 6, Thumbnail: []byte("jpeg")}, true, file, file},
		"not decodable": {attachment.Picture{Width: 900, Height: 600}, true, "", file},
		"unknown":       {attachment.Picture{}, true, "", file},
		"bomb":          {attachment.Picture{Width: 1 << 20, Height: 1 << 20}, false, "", ""},
	} {
		f := newFixture()
		f.Picture = func(_ context.Context, content []byte) (attachment.Picture, bool) {
			return c.picture, c.ok && string(content) == pngStart+"x"
		}
		a := f.upload(t, pngStart+"x")
		if err := f.ProcessUpload(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		got := f.stored(t)
		if (got.State == attachment.Ready) != c.ok || c.ok && (got.Width != c.picture.Width || got.Height != c.picture.Height) {
			t.Errorf("%s: got %+v", name, got)
		}
		if url, err := f.ThumbnailURL(t.Context(), sara, a.ID); url != c.thumbnail || c.ok && apperr.Is(err, apperr.ThumbnailNotFound) != (c.thumbnail == "") {
			t.Errorf("%s: thumbnail: got %q, %v, want %q", name, url, err, c.thumbnail)
		}
		if url, _ := f.PictureURL(t.Context(), sara, a.ID); url != c.picURL {
			t.Errorf("%s: profile picture: got %q, want %q", name, url, c.picURL)
		}
		if err := attachment.DeleteObjects(t.Context(), f.objects, a.ID); err != nil || len(f.objects.Content()) > 0 {
			t.Errorf("%s: got %v, left %v", name, err, f.objects.Content())
		}
	}
}

// TestProcessUpload_ReplacedAfterCheck checks that later uploads do not change
// a validated file: the permission to upload is valid longer than the check.
func TestProcessUpload_ReplacedAfterCheck(t *testing.T) {
	f := newFixture()
	a := f.upload(t, "")
	for _, content := range []string{pngStart + "x", pngStart + "y", "<html>..."} {
		f.objects.Set(a.UploadKey(), content)
		if err := f.ProcessUpload(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.objects.Content()[a.Key()]; got != pngStart+"x" || f.stored(t).State != attachment.Ready {
		t.Errorf("got %q, %s: want the validated content", got, f.stored(t).State)
	}
}

// TestProcessUpload_ReplacedDuringCheck checks that an upload that is replaced
// between two calls of the check is not accepted by it.
func TestProcessUpload_ReplacedDuringCheck(t *testing.T) {
	for _, at := range []string{"ReadPrefix", "Copy"} {
		f := newFixture()
		a := f.upload(t, pngStart+"x")
		f.objects.Before = func(operation, key string) error {
			if operation == at {
				f.objects.Set(key, "<html>...")
			}
			return nil
		}
		if err := f.ProcessUpload(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if got, stored := f.objects.Content()[a.Key()]; stored || f.stored(t).State != attachment.Pending {
			t.Errorf("replaced before %s: got %q, %s", at, got, f.stored(t).State)
		}
		f.objects.Before = nil
		if err := f.ProcessUpload(t.Context(), a.ID); err != nil || f.stored(t).State != attachment.Refused {
			t.Errorf("the event of the replacement: got %s, %v, want refused", f.stored(t).State, err)
		}
	}
}

// TestProcessUpload_ReplacedDuringDecoding checks that the thumbnail of a picture that takes long to
// decode does not stay beside the picture that replaces it meanwhile.
func TestProcessUpload_ReplacedDuringDecoding(t *testing.T) {
	f := newFixture()
	a := f.upload(t, pngStart+"x")
	f.Picture = func(ctx context.Context, content []byte) (attachment.Picture, bool) {
		if string(content) == pngStart+"x" {
			f.objects.Set(a.UploadKey(), pngStart+"y")
			if err := f.ProcessUpload(ctx, a.ID); err != nil { // the event of the replacement
				t.Error(err)
			}
		}
		return attachment.Picture{Width: 900, Height: 600, Thumbnail: append([]byte("of "), content...)}, true
	}
	if err := f.ProcessUpload(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	content := f.objects.Content()
	if file, thumbnail := content[a.Key()], content[a.ThumbnailKey()]; file != pngStart+"y" || thumbnail != "of "+file {
		t.Errorf("got the file %q with the thumbnail %q", file, thumbnail)
	}
}

// TestProcessUpload_NoRecord checks that no object stays without a record, also if
// the record is deleted during the check, and its objects with it.
func TestProcessUpload_NoRecord(t *testing.T) {
	for _, at := range []string{"", "Head", "ReadPrefix", "Put", "Copy"} {
		f := newFixture()
		f.Picture = func(context.Context, []byte) (attachment.Picture, bool) {
			return attachment.Picture{Width: 900, Height: 600, Thumbnail: []byte("jpeg")}, true
		}
		a := f.upload(t, pngStart+"x")
		remove := func() error {
			e := ticket.Entry{Attachments: []ticket.Attachment{{ID: a.ID}}}
			return f.store.PurgeTicket(t.Context(), "t", ticket.Log{Entries: []ticket.Entry{e}})
		}
		f.objects.Before = func(operation, _ string) error {
			if operation != at {
				return nil
			}
			f.objects.Before = nil
			return errors.Join(remove(), attachment.DeleteObjects(t.Context(), f.objects, a.ID)) // as the stream does
		}
		if at == "" {
			f.objects.Set(a.Key(), pngStart+"x") // of an attempt that crashed
			if err := remove(); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.ProcessUpload(t.Context(), a.ID); err != nil || len(f.objects.Content()) > 0 {
			t.Errorf("deleted at %q: got %v, left %v", at, err, f.objects.Content())
		}
	}
}

func TestDownloadURL(t *testing.T) {
	otherUser := user.Principal{UserID: "other", Role: user.RoleUser}
	for _, c := range []struct {
		state attachment.State
		id    string
		actor user.Principal
		after time.Duration // its creation
		want  apperr.Code
	}{
		{attachment.Pending, fileID, sara, 0, apperr.AttachmentPending},
		{attachment.Pending, fileID, sara, attachment.UploadTTL, apperr.AttachmentPending},
		{attachment.Pending, fileID, sara, attachment.UploadTTL + 1, apperr.AttachmentExpired},
		{attachment.Pending, fileID, otherUser, attachment.UploadTTL + 1, apperr.AttachmentNotFound},
		{attachment.Refused, fileID, sara, time.Hour, apperr.AttachmentRefused},
		{attachment.Pending, fileID, otherUser, 0, apperr.AttachmentNotFound},
		{attachment.Ready, fileID, otherUser, 0, apperr.AttachmentNotFound},
		{attachment.Ready, otherID, sara, 0, apperr.AttachmentNotFound},
		{attachment.Ready, "nonsense", sara, 0, apperr.AttachmentNotFound},
		{attachment.Ready, fileID, sara, time.Hour, ""},
	} {
		f := newFixture()
		f.upload(t, "")
		if err := f.store.SetAttachmentState(t.Context(), fileID, attachment.Result{State: c.state}); err != nil {
			t.Fatal(err)
		}
		f.Now = func() time.Time { return noon.Add(c.after) }
		url, err := f.DownloadURL(t.Context(), c.actor, c.id)
		if c.want == "" && (err != nil || !strings.HasSuffix(url, "?name=a.png")) || c.want != "" && (!apperr.Is(err, c.want) || url != "") {
			t.Errorf("%s %s to %s: got %q, %v, want %q", c.state, c.id, c.actor.UserID, url, err, c.want)
		}
	}
}

func TestProcessUpload_StoreError(t *testing.T) {
	f := newFixture()
	f.upload(t, pngStart+"x")
	f.objects.Before = func(string, string) error { return errUnavailable }
	if err := f.ProcessUpload(t.Context(), fileID); !errors.Is(err, errUnavailable) || f.stored(t).State != attachment.Pending {
		t.Errorf("got %v, %s: want the error, so that the event is retried, and state pending", err, f.stored(t).State)
	}
}
