package attachment

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

const (
	// UploadTTL is how long a client may take to upload.
	UploadTTL = 15 * time.Minute
	// DownloadTTL is how long a signed address for reading lives.
	DownloadTTL = 5 * time.Minute
	// UnusedTTL is how long an attachment that nothing uses is kept.
	UnusedTTL = 24 * time.Hour
)

// Store keeps what is known about files.
type Store interface {
	AddAttachment(ctx context.Context, a Attachment) error
	// Attachment reads one. Errors: attachment_not_found.
	Attachment(ctx context.Context, id string) (Attachment, error)
	// SetAttachmentState moves a pending attachment to ready or refused, here and in the
	// entry that shows it. It may be repeated; who has been judged stays so.
	SetAttachmentState(ctx context.Context, id string, to State, reason string) error
}

// ErrObjectNotFound: there is no object under the key.
var ErrObjectNotFound = errors.New("no such object")

// Upload is a signed permission to send one file: a multipart form to URL with
// every one of Fields, and the file last.
type Upload struct {
	URL    string
	Fields map[string]string
}

// ObjectInfo is what the bucket knows of an object without its bytes.
type ObjectInfo struct {
	Size   int64
	Type   string
	SHA256 string // base64, "" where the upload carried none
	ETag   string // changes with every write
}

// ObjectStore keeps the bytes.
type ObjectStore interface {
	// PresignPost signs the upload of one file under exactly this key and
	// media type, of 1 to size bytes; with sha256, of exactly those bytes.
	PresignPost(ctx context.Context, key, contentType string, size int64, sha256 string, ttl time.Duration) (Upload, error)
	// PresignGet signs the download of an object under a file name.
	PresignGet(ctx context.Context, key, name, contentType string, ttl time.Duration) (string, error)
	// Head looks at an object. Errors: ErrNoBytes.
	Head(ctx context.Context, key string) (ObjectInfo, error)
	// ReadPrefix reads at most n bytes from the beginning. Errors: ErrNoBytes.
	ReadPrefix(ctx context.Context, key string, n int64) ([]byte, error)
	// Copy copies an object as long as its tag is this one. Errors: ErrNoBytes,
	// also when it has another tag by now.
	Copy(ctx context.Context, from, etag, to string) error
	// Delete forgets an object; a missing one is no error.
	Delete(ctx context.Context, key string) error
}

// Service takes files in and hands them out.
type Service struct {
	Store   Store
	Objects ObjectStore
	Now     func() time.Time
	NewID   func() string
}

// UploadRequest is what a client says about a file it wants to upload.
type UploadRequest struct {
	Name   string
	Type   string
	Size   int64
	SHA256 string // base64 of the digest; "" if the client does not say
}

// CreateUpload registers a file and signs its upload. Errors: invalid_body.
func (s *Service) CreateUpload(ctx context.Context, actor user.Principal, req UploadRequest) (Attachment, Upload, error) {
	if err := req.Check(); err != nil {
		return Attachment{}, Upload{}, err
	}
	a := Attachment{
		ID: s.NewID(), Owner: actor.UserID, Name: req.Name, Type: req.Type, Size: req.Size, SHA256: req.SHA256,
		State: Pending, CreatedAt: s.Now(),
	}
	if err := s.Store.AddAttachment(ctx, a); err != nil {
		return Attachment{}, Upload{}, err
	}
	upload, err := s.Objects.PresignPost(ctx, a.UploadKey(), a.Type, a.Size, a.SHA256, UploadTTL)
	return a, upload, err
}

// DownloadURL signs a short-lived address of a file that the person may have.
//
// Errors: attachment_not_found, attachment_pending, attachment_refused.
func (s *Service) DownloadURL(ctx context.Context, actor user.Principal, attachmentID string) (string, error) {
	if !id.Valid(attachmentID) {
		return "", apperr.New(apperr.AttachmentNotFound, "")
	}
	a, err := s.Store.Attachment(ctx, attachmentID)
	if err != nil {
		return "", err
	}
	switch {
	case !a.VisibleTo(actor):
		return "", apperr.New(apperr.AttachmentNotFound, "")
	case a.State == Pending:
		return "", apperr.New(apperr.AttachmentPending, "").WithRetryAfter(time.Second)
	case a.State == Refused:
		return "", apperr.New(apperr.AttachmentRefused, a.Reason)
	}
	return s.Objects.PresignGet(ctx, a.Key(), a.Name, a.Type, DownloadTTL)
}

// ProcessUpload checks what was uploaded: its size and its first bytes must be those
// of the declared file. What fits is copied to where no client can write, what
// does not is refused; the upload goes away either way. It may be called again.
func (s *Service) ProcessUpload(ctx context.Context, attachmentID string) error {
	a, err := s.Store.Attachment(ctx, attachmentID)
	if apperr.Is(err, apperr.AttachmentNotFound) {
		return nil // its record has expired; the bucket's lifecycle takes the bytes
	}
	if err != nil {
		return err
	}
	if a.State == Pending {
		err = s.validate(ctx, a)
	}
	if errors.Is(err, ErrObjectNotFound) {
		return nil // replaced or removed meanwhile: another call has it
	}
	if err != nil {
		return err
	}
	return s.Objects.Delete(ctx, a.UploadKey())
}

func (s *Service) validate(ctx context.Context, a Attachment) error {
	object, err := s.Objects.Head(ctx, a.UploadKey())
	if err != nil {
		return err
	}
	reason, err := s.checkContent(ctx, a, object)
	if err != nil {
		return err
	}
	if reason != "" {
		return s.Store.SetAttachmentState(ctx, a.ID, Refused, reason)
	}
	if err := s.Objects.Copy(ctx, a.UploadKey(), object.ETag, a.Key()); err != nil {
		return err
	}
	return s.Store.SetAttachmentState(ctx, a.ID, Ready, "")
}

// sniffLength is how much of a file tells its type.
const sniffLength = 512

// checkContent says in what the bytes differ from what was declared; "" when they
// do not.
func (s *Service) checkContent(ctx context.Context, a Attachment, object ObjectInfo) (string, error) {
	if object.Size != a.Size {
		return "The file is not as long as was said.", nil
	}
	if a.SHA256 != "" && object.SHA256 != "" && a.SHA256 != object.SHA256 {
		return "The file does not have the digest that was said.", nil
	}
	prefix, err := s.Objects.ReadPrefix(ctx, a.UploadKey(), sniffLength)
	if err != nil {
		return "", err
	}
	if !Sniff(a.Type, prefix) {
		return "The file is not of the type that was said.", nil
	}
	return "", nil
}
