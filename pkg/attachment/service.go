package attachment

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

const (
	// UploadTTL is how long a presigned upload is valid.
	UploadTTL = 15 * time.Minute
	// DownloadTTL is how long a presigned download URL is valid.
	DownloadTTL = 5 * time.Minute
	// UnusedTTL is how long an attachment that no ticket uses is kept.
	UnusedTTL = 24 * time.Hour
)

// Store stores attachment metadata.
type Store interface {
	// AddAttachment stores a new attachment.
	AddAttachment(ctx context.Context, a Attachment) error
	// Attachment returns an attachment, or apperr.AttachmentNotFound.
	Attachment(ctx context.Context, id string) (Attachment, error)
	// SetAttachmentState moves a pending attachment to ready or refused, also
	// in the ticket entry that contains it. An attachment that is not pending
	// keeps its state, so the call is safe to repeat. It returns
	// apperr.AttachmentNotFound if the attachment was deleted.
	SetAttachmentState(ctx context.Context, id string, to Result) error
}

// Result is the outcome of the validation of an upload.
type Result struct {
	State         State // Ready or Refused
	Reason        string
	Width, Height int
	Thumbnail     bool
}

// Picture is what the validation learns about the content of an image.
type Picture struct {
	Width, Height int
	Thumbnail     []byte // a JPEG file; nil if there is none
}

// ErrObjectNotFound is returned if there is no object with the given key.
var ErrObjectNotFound = errors.New("no such object")

// Upload is a presigned POST of one file: a multipart form sent to URL with all
// Fields, followed by the file.
type Upload struct {
	URL    string
	Fields map[string]string
}

// ObjectInfo describes an object without its content.
type ObjectInfo struct {
	Size   int64
	Type   string
	SHA256 string // base64; "" if the upload declared none
	ETag   string // identifies the content; never ""
}

// ObjectStore stores the content of files.
type ObjectStore interface {
	// PresignPost presigns the upload of one object with this key, media type
	// and 1 to size bytes. If sha256 is not "", only that content is accepted.
	PresignPost(ctx context.Context, key, contentType string, size int64, sha256 string, ttl time.Duration) (Upload, error)
	// PresignGet returns a presigned download URL with a file name.
	PresignGet(ctx context.Context, key, name, contentType string, ttl time.Duration) (string, error)
	// Head returns the metadata of an object, or ErrObjectNotFound.
	Head(ctx context.Context, key string) (ObjectInfo, error)
	// ReadPrefix returns at most the first n bytes if the ETag is still etag. It
	// returns ErrObjectNotFound if the object is missing or has another ETag, and
	// another error if etag is "".
	ReadPrefix(ctx context.Context, key, etag string, n int64) ([]byte, error)
	// Put stores an object.
	Put(ctx context.Context, key, contentType string, content []byte) error
	// Copy copies an object if its ETag is still etag. It returns
	// ErrObjectNotFound if the object is missing or has another ETag, and another
	// error if etag is "".
	Copy(ctx context.Context, from, etag, to string) error
	// Delete deletes an object. A missing object is not an error.
	Delete(ctx context.Context, key string) error
}

// Service creates, validates and serves uploaded files. Matches and Picture are needed
// only by ProcessUpload, MaxSize only by CreateUpload.
type Service struct {
	Store   Store
	Objects ObjectStore
	Now     func() time.Time
	NewID   func() string
	MaxSize int64 // bytes of a file

	// UploadLimiter bounds the MiB that a user declares within UploadTTL; nil permits all.
	UploadLimiter *limit.Limiter

	// Matches reports whether a file that starts with prefix can be of mediaType.
	Matches func(mediaType string, prefix []byte) bool
	// Picture examines an image. ok is false if the image has too many pixels.
	Picture func(ctx context.Context, content []byte) (p Picture, ok bool)
}

// UploadRequest describes a file that a client wants to upload.
type UploadRequest struct {
	Name   string
	Type   string // may be an alias or have parameters
	Size   int64
	SHA256 string // base64 of the digest; optional
}

// CreateUpload stores a pending attachment and presigns its upload. It returns
// apperr.InvalidBody if the request is invalid.
func (s *Service) CreateUpload(ctx context.Context, actor user.Principal, req UploadRequest) (Attachment, Upload, error) {
	req.Type = canonicalType(req.Type)
	if err := req.check(s.MaxSize); err != nil {
		return Attachment{}, Upload{}, err
	}
	a := Attachment{
		ID: s.NewID(), Owner: actor.UserID, Name: req.Name, Type: req.Type, Size: req.Size, SHA256: req.SHA256,
		State: Pending, CreatedAt: s.Now(),
	}
	if _, err := s.UploadLimiter.Take(ctx, actor, pendingMiB(a.Size)); err != nil {
		return Attachment{}, Upload{}, err
	}
	if err := s.Store.AddAttachment(ctx, a); err != nil {
		return Attachment{}, Upload{}, err
	}
	upload, err := s.Objects.PresignPost(ctx, a.UploadKey(), a.Type, a.Size, a.SHA256, UploadTTL)
	return a, upload, err
}

// minPendingMiB is what a small file counts, so that the limit bounds their number too.
const minPendingMiB = 4

// pendingMiB returns what an upload of size bytes counts, in MiB.
func pendingMiB(size int64) int { return max(minPendingMiB, int((size+1<<20-1)>>20)) }

// DownloadURL returns a presigned URL of a file, valid for DownloadTTL. It
// returns apperr.AttachmentNotFound if actor may not read the file, and
// apperr.AttachmentPending, AttachmentExpired or AttachmentRefused if it is not ready.
func (s *Service) DownloadURL(ctx context.Context, actor user.Principal, attachmentID string) (string, error) {
	a, err := s.readable(ctx, actor, attachmentID)
	if err != nil {
		return "", err
	}
	return s.Objects.PresignGet(ctx, a.Key(), a.Name, a.Type, DownloadTTL)
}

// ThumbnailURL is DownloadURL for the thumbnail of an image. The file itself is served
// if it is small. It also returns apperr.ThumbnailNotFound.
func (s *Service) ThumbnailURL(ctx context.Context, actor user.Principal, attachmentID string) (string, error) {
	a, err := s.readable(ctx, actor, attachmentID)
	switch {
	case err != nil:
		return "", err
	case a.Thumbnail:
		name := strings.TrimSuffix(a.Name, path.Ext(a.Name)) + "-480.jpg"
		return s.Objects.PresignGet(ctx, a.ThumbnailKey(), name, "image/jpeg", DownloadTTL)
	case a.isSmallPicture():
		return s.Objects.PresignGet(ctx, a.Key(), a.Name, a.Type, DownloadTTL)
	}
	return "", apperr.New(apperr.ThumbnailNotFound, "")
}

// PictureURL returns the URL of a profile picture: of its thumbnail, if it has one.
func (s *Service) PictureURL(ctx context.Context, owner user.Principal, attachmentID string) (string, error) {
	location, err := s.ThumbnailURL(ctx, owner, attachmentID)
	if apperr.Is(err, apperr.ThumbnailNotFound) {
		return s.DownloadURL(ctx, owner, attachmentID)
	}
	return location, err
}

// readable returns an attachment whose file actor may read now.
func (s *Service) readable(ctx context.Context, actor user.Principal, attachmentID string) (Attachment, error) {
	if !id.Valid(attachmentID) {
		return Attachment{}, apperr.New(apperr.AttachmentNotFound, "")
	}
	a, err := s.Store.Attachment(ctx, attachmentID)
	if err != nil {
		return a, err
	}
	switch {
	case !a.VisibleTo(actor):
		return a, apperr.New(apperr.AttachmentNotFound, "")
	case a.State.UploadExpired(a.CreatedAt, s.Now()):
		return a, apperr.New(apperr.AttachmentExpired, "")
	case a.State == Pending:
		return a, apperr.New(apperr.AttachmentPending, "").WithRetryAfter(time.Second)
	case a.State == Refused:
		return a, apperr.New(apperr.AttachmentRefused, a.Reason)
	}
	return a, nil
}

// ProcessUpload validates the size, digest and type of an uploaded object. A
// valid object is copied to Key, an invalid one is refused; the upload is
// deleted in both cases, and the file too if the attachment was deleted
// meanwhile. It is safe to repeat.
func (s *Service) ProcessUpload(ctx context.Context, attachmentID string) error {
	a, err := s.Store.Attachment(ctx, attachmentID)
	if err == nil && a.State == Pending {
		err = s.validate(ctx, a)
	}
	if apperr.Is(err, apperr.AttachmentNotFound) { // deleted, possibly during the check
		return DeleteObjects(ctx, s.Objects, attachmentID)
	}
	if errors.Is(err, ErrObjectNotFound) {
		return nil // replaced or deleted concurrently; another event processes it
	}
	if err != nil {
		return err
	}
	return s.Objects.Delete(ctx, a.UploadKey())
}

// DeleteObjects deletes all objects of an attachment. It is safe to repeat.
func DeleteObjects(ctx context.Context, objects interface {
	Delete(ctx context.Context, key string) error
}, attachmentID string) error {
	a := Attachment{ID: attachmentID}
	return errors.Join(objects.Delete(ctx, a.UploadKey()), objects.Delete(ctx, a.Key()), objects.Delete(ctx, a.ThumbnailKey()))
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
		return s.Store.SetAttachmentState(ctx, a.ID, Result{State: Refused, Reason: reason})
	}
	result, thumbnail, err := s.examinePicture(ctx, a, object)
	if err != nil {
		return err
	}
	if result.State == Ready {
		if err := s.Objects.Copy(ctx, a.UploadKey(), object.ETag, a.Key()); err != nil {
			return err
		}
	}
	if result.Thumbnail { // after the copy, which fails if the upload was replaced meanwhile
		if err := s.Objects.Put(ctx, a.ThumbnailKey(), "image/jpeg", thumbnail); err != nil {
			return err
		}
	}
	return s.Store.SetAttachmentState(ctx, a.ID, result)
}

// maxPictureSize bounds what is read to make a thumbnail. A larger file has none.
const maxPictureSize = 32 << 20

// examinePicture determines the size of an image and makes its thumbnail. Other files
// are ready as they are.
func (s *Service) examinePicture(ctx context.Context, a Attachment, object ObjectInfo) (result Result, thumbnail []byte, err error) {
	if !strings.HasPrefix(a.Type, "image/") {
		return Result{State: Ready}, nil, nil
	}
	content, err := s.Objects.ReadPrefix(ctx, a.UploadKey(), object.ETag, maxPictureSize)
	if err != nil {
		return Result{}, nil, err
	}
	picture, ok := s.Picture(ctx, content)
	if !ok {
		return Result{State: Refused, Reason: "The picture has too many pixels."}, nil, nil
	}
	a.Width, a.Height = picture.Width, picture.Height
	result = Result{State: Ready, Width: a.Width, Height: a.Height}
	result.Thumbnail = len(picture.Thumbnail) > 0 && !a.isSmallPicture()
	return result, picture.Thumbnail, nil
}

// sniffLength is the number of bytes that determine the type of a file. Those of
// office documents depend on the names in the archive.
const sniffLength = 3072

// checkContent returns the reason why the object does not match its
// declaration, or "".
func (s *Service) checkContent(ctx context.Context, a Attachment, object ObjectInfo) (string, error) {
	if object.Size != a.Size {
		return "The file size does not match the declared one.", nil
	}
	if a.SHA256 != "" && object.SHA256 != "" && a.SHA256 != object.SHA256 {
		return "The file checksum does not match the declared one.", nil
	}
	prefix, err := s.Objects.ReadPrefix(ctx, a.UploadKey(), object.ETag, sniffLength)
	if err != nil {
		return "", err
	}
	if !s.Matches(a.Type, prefix) {
		return "The file type does not match the declared one.", nil
	}
	return "", nil
}
