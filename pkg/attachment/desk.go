package attachment

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

const (
	// UploadLife is how long a client may take to upload.
	UploadLife = 15 * time.Minute
	// LinkLife is how long a signed address for reading lives.
	LinkLife = 5 * time.Minute
	// UnusedLife is how long an attachment that nothing uses is kept.
	UnusedLife = 24 * time.Hour
)

// Store keeps what is known about files.
type Store interface {
	AddAttachment(ctx context.Context, a Attachment) error
	// Attachment reads one. Errors: attachment_not_found.
	Attachment(ctx context.Context, id string) (Attachment, error)
	// Judge moves a pending attachment to ready or refused, here and in the
	// entry that shows it. It may be repeated; who has been judged stays so.
	Judge(ctx context.Context, id string, to State, reason string) error
}

// ErrNoBytes: there is no object under the key.
var ErrNoBytes = errors.New("no such object")

// Upload is a signed permission to send one file: a multipart form to URL with
// every one of Fields, and the file last.
type Upload struct {
	URL    string
	Fields map[string]string
}

// Stored is what the bucket knows of an object without its bytes.
type Stored struct {
	Size   int64
	Type   string
	SHA256 string // base64, "" where the upload carried none
	Tag    string // changes with every write
}

// Blobs keeps the bytes.
type Blobs interface {
	// PresignPost signs the upload of one file under exactly this key and
	// media type, of 1 to size bytes; with sha256, of exactly those bytes.
	PresignPost(ctx context.Context, key, contentType string, size int64, sha256 string, life time.Duration) (Upload, error)
	// PresignGet signs the download of an object under a file name.
	PresignGet(ctx context.Context, key, name, contentType string, life time.Duration) (string, error)
	// Head looks at an object. Errors: ErrNoBytes.
	Head(ctx context.Context, key string) (Stored, error)
	// First reads at most n bytes from the beginning. Errors: ErrNoBytes.
	First(ctx context.Context, key string, n int64) ([]byte, error)
	// Copy copies an object as long as its tag is this one. Errors: ErrNoBytes,
	// also when it has another tag by now.
	Copy(ctx context.Context, from, tag, to string) error
	// Delete forgets an object; a missing one is no error.
	Delete(ctx context.Context, key string) error
}

// Desk takes files in and hands them out.
type Desk struct {
	Store Store
	Blobs Blobs
	Now   func() time.Time
	NewID func() string
}

// Offer is what a client says about a file it wants to upload.
type Offer struct {
	Name   string
	Type   string
	Size   int64
	SHA256 string // base64 of the digest; "" if the client does not say
}

// Accept registers a file and signs its upload. Errors: invalid_body.
func (d *Desk) Accept(ctx context.Context, who user.Principal, o Offer) (Attachment, Upload, error) {
	if err := o.Check(); err != nil {
		return Attachment{}, Upload{}, err
	}
	a := Attachment{
		ID: d.NewID(), Owner: who.UserID, Name: o.Name, Type: o.Type, Size: o.Size, SHA256: o.SHA256,
		State: Pending, CreatedAt: d.Now(),
	}
	if err := d.Store.AddAttachment(ctx, a); err != nil {
		return Attachment{}, Upload{}, err
	}
	upload, err := d.Blobs.PresignPost(ctx, a.UploadKey(), a.Type, a.Size, a.SHA256, UploadLife)
	return a, upload, err
}

// Link signs a short-lived address of a file that the person may have.
//
// Errors: attachment_not_found, attachment_pending, attachment_refused.
func (d *Desk) Link(ctx context.Context, who user.Principal, attachmentID string) (string, error) {
	if !id.Valid(attachmentID) {
		return "", fault.New(fault.AttachmentNotFound, "")
	}
	a, err := d.Store.Attachment(ctx, attachmentID)
	if err != nil {
		return "", err
	}
	switch {
	case !a.VisibleTo(who):
		return "", fault.New(fault.AttachmentNotFound, "")
	case a.State == Pending:
		return "", fault.New(fault.AttachmentPending, "").WithRetryAfter(time.Second)
	case a.State == Refused:
		return "", fault.New(fault.AttachmentRefused, a.Reason)
	}
	return d.Blobs.PresignGet(ctx, a.Key(), a.Name, a.Type, LinkLife)
}

// Arrived checks what was uploaded: its size and its first bytes must be those
// of the declared file. What fits is copied to where no client can write, what
// does not is refused; the upload goes away either way. It may be called again.
func (d *Desk) Arrived(ctx context.Context, attachmentID string) error {
	a, err := d.Store.Attachment(ctx, attachmentID)
	if fault.Is(err, fault.AttachmentNotFound) {
		return nil // its record has expired; the bucket's lifecycle takes the bytes
	}
	if err != nil {
		return err
	}
	if a.State == Pending {
		err = d.judge(ctx, a)
	}
	if errors.Is(err, ErrNoBytes) {
		return nil // replaced or removed meanwhile: another call has it
	}
	if err != nil {
		return err
	}
	return d.Blobs.Delete(ctx, a.UploadKey())
}

func (d *Desk) judge(ctx context.Context, a Attachment) error {
	stored, err := d.Blobs.Head(ctx, a.UploadKey())
	if err != nil {
		return err
	}
	reason, err := d.mismatch(ctx, a, stored)
	if err != nil {
		return err
	}
	if reason != "" {
		return d.Store.Judge(ctx, a.ID, Refused, reason)
	}
	if err := d.Blobs.Copy(ctx, a.UploadKey(), stored.Tag, a.Key()); err != nil {
		return err
	}
	return d.Store.Judge(ctx, a.ID, Ready, "")
}

// sniffBytes is how much of a file tells its type.
const sniffBytes = 512

// mismatch says in what the bytes differ from what was declared; "" when they
// do not.
func (d *Desk) mismatch(ctx context.Context, a Attachment, stored Stored) (string, error) {
	if stored.Size != a.Size {
		return "The file is not as long as was said.", nil
	}
	if a.SHA256 != "" && stored.SHA256 != "" && a.SHA256 != stored.SHA256 {
		return "The file does not have the digest that was said.", nil
	}
	head, err := d.Blobs.First(ctx, a.UploadKey(), sniffBytes)
	if err != nil {
		return "", err
	}
	if !Sniff(a.Type, head) {
		return "The file is not of the type that was said.", nil
	}
	return "", nil
}
