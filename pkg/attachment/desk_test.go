package attachment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

const (
	fileID   = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	otherID  = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
	pngStart = "\x89PNG\r\n\x1a\n"
)

var (
	noon  = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	sara  = user.Principal{UserID: "sara", Role: user.RoleUser}
	offer = attachment.Offer{Name: "a.png", Type: "image/png", Size: 9}
)

// shelf is a store and a bucket in memory.
type shelf struct {
	files map[string]attachment.Attachment
	bytes map[string]string
}

func newDesk() (*attachment.Desk, *shelf) {
	s := &shelf{files: map[string]attachment.Attachment{}, bytes: map[string]string{}}
	return &attachment.Desk{Store: s, Blobs: s, Now: func() time.Time { return noon }, NewID: func() string { return fileID }}, s
}

func (s *shelf) AddAttachment(_ context.Context, a attachment.Attachment) error {
	s.files[a.ID] = a
	return nil
}

func (s *shelf) Attachment(_ context.Context, id string) (attachment.Attachment, error) {
	a, found := s.files[id]
	if !found {
		return a, fault.New(fault.AttachmentNotFound, "")
	}
	return a, nil
}

func (s *shelf) Judge(_ context.Context, id string, to attachment.State, reason string) error {
	if a := s.files[id]; a.State == attachment.Pending {
		a.State, a.Reason = to, reason
		s.files[id] = a
	}
	return nil
}

func (s *shelf) PresignPost(_ context.Context, key, _ string, _ int64, _ string, _ time.Duration) (attachment.Upload, error) {
	return attachment.Upload{URL: "https://bucket", Fields: map[string]string{"key": key}}, nil
}

func (s *shelf) PresignGet(_ context.Context, key, name, _ string, _ time.Duration) (string, error) {
	return "https://bucket/" + key + "?name=" + name, nil
}

func (s *shelf) Head(_ context.Context, key string) (attachment.Stored, error) {
	content, found := s.bytes[key]
	if !found {
		return attachment.Stored{}, attachment.ErrNoBytes
	}
	return attachment.Stored{Size: int64(len(content)), Tag: content}, nil
}

func (s *shelf) First(_ context.Context, key string, n int64) ([]byte, error) {
	content, found := s.bytes[key]
	if !found {
		return nil, attachment.ErrNoBytes
	}
	return []byte(content)[:min(int64(len(content)), n)], nil
}

func (s *shelf) Copy(_ context.Context, from, tag, to string) error {
	if content, found := s.bytes[from]; found && content == tag {
		s.bytes[to] = content
		return nil
	}
	return attachment.ErrNoBytes
}

func (s *shelf) Delete(_ context.Context, key string) error {
	delete(s.bytes, key)
	return nil
}

func TestAccept(t *testing.T) {
	ctx := context.Background()
	desk, s := newDesk()
	a, upload, err := desk.Accept(ctx, sara, offer)
	if err != nil || a.State != attachment.Pending || a.Owner != "sara" || !a.CreatedAt.Equal(noon) || upload.Fields["key"] != a.UploadKey() {
		t.Errorf("got %+v, %+v, %v", a, upload, err)
	}
	if _, _, err := desk.Accept(ctx, sara, attachment.Offer{}); !fault.Is(err, fault.InvalidBody) {
		t.Errorf("empty offer: got %v, want invalid_body", err)
	}
	if len(s.files) != 1 {
		t.Errorf("files: got %d, want 1", len(s.files))
	}
}

func TestArrived(t *testing.T) {
	cases := []struct {
		name, content string
		want          attachment.State
	}{
		{"what was declared", pngStart + "x", attachment.Ready},
		{"longer", pngStart + "xy", attachment.Refused},
		{"shorter", pngStart, attachment.Refused},
		{"of another type", "<html>...", attachment.Refused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			desk, s := newDesk()
			a, _, err := desk.Accept(ctx, sara, offer)
			if err != nil {
				t.Fatal(err)
			}
			s.bytes[a.UploadKey()] = c.content
			for range 2 { // S3 may tell of an upload twice
				if err := desk.Arrived(ctx, a.ID); err != nil {
					t.Fatal(err)
				}
			}
			if got := s.files[a.ID]; got.State != c.want || (got.Reason != "") != (c.want == attachment.Refused) {
				t.Errorf("got %s %q, want %s", got.State, got.Reason, c.want)
			}
			if _, kept := s.bytes[a.Key()]; kept != (c.want == attachment.Ready) {
				t.Errorf("bytes kept: got %v", kept)
			}
			if _, left := s.bytes[a.UploadKey()]; left {
				t.Error("the upload is still there")
			}
		})
	}
}

// TestReplacedAfterAcceptance: the permission to upload outlives the check.
func TestReplacedAfterAcceptance(t *testing.T) {
	ctx := context.Background()
	desk, s := newDesk()
	a, _, err := desk.Accept(ctx, sara, offer)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{pngStart + "x", pngStart + "y", "<html>..."} {
		s.bytes[a.UploadKey()] = content
		if err := desk.Arrived(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.bytes[a.Key()]; got != pngStart+"x" || s.files[a.ID].State != attachment.Ready {
		t.Errorf("got %q, %s: want the accepted bytes", got, s.files[a.ID].State)
	}
}

func TestArrivedWithoutARecord(t *testing.T) {
	desk, _ := newDesk()
	if err := desk.Arrived(context.Background(), otherID); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestLink(t *testing.T) {
	ctx := context.Background()
	desk, s := newDesk()
	if _, _, err := desk.Accept(ctx, sara, offer); err != nil {
		t.Fatal(err)
	}
	stranger := user.Principal{UserID: "stranger", Role: user.RoleUser}
	for _, c := range []struct {
		state attachment.State
		id    string
		who   user.Principal
		want  fault.Kind
	}{
		{attachment.Pending, fileID, sara, fault.AttachmentPending},
		{attachment.Refused, fileID, sara, fault.AttachmentRefused},
		{attachment.Pending, fileID, stranger, fault.AttachmentNotFound},
		{attachment.Ready, fileID, stranger, fault.AttachmentNotFound},
		{attachment.Ready, otherID, sara, fault.AttachmentNotFound},
		{attachment.Ready, "nonsense", sara, fault.AttachmentNotFound},
	} {
		a := s.files[fileID]
		a.State = c.state
		s.files[fileID] = a
		if link, err := desk.Link(ctx, c.who, c.id); !fault.Is(err, c.want) || link != "" {
			t.Errorf("%s %s to %s: got %q, %v, want %s", c.state, c.id, c.who.UserID, link, err, c.want)
		}
	}
	if link, err := desk.Link(ctx, sara, fileID); err != nil || !strings.HasSuffix(link, "?name=a.png") {
		t.Errorf("got %q, %v", link, err)
	}
}

// lame is a bucket that cannot be reached.
type lame struct{ *shelf }

var errLame = errors.New("unreachable")

func (lame) Head(context.Context, string) (attachment.Stored, error) {
	return attachment.Stored{}, errLame
}

func TestArrivedIsTriedAgainWhenTheBucketFails(t *testing.T) {
	ctx := context.Background()
	desk, s := newDesk()
	if _, _, err := desk.Accept(ctx, sara, offer); err != nil {
		t.Fatal(err)
	}
	desk.Blobs = lame{s}
	if err := desk.Arrived(ctx, fileID); !errors.Is(err, errLame) || s.files[fileID].State != attachment.Pending {
		t.Errorf("got %v, %s: want the error, so that the event comes again, and no verdict", err, s.files[fileID].State)
	}
}
