package stream

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/user"
)

// ObjectDeleter deletes the contents of attachments.
type ObjectDeleter interface {
	// Delete deletes an object. It succeeds if the object does not exist.
	Delete(ctx context.Context, key string) error
}

// DeleteFiles returns a Handler that deletes the objects of deleted attachments. A
// file exists no longer than its record, for whatever reason the record goes.
func DeleteFiles(objects ObjectDeleter) Handler {
	return on(func(ctx context.Context, e event.AttachmentDeleted) error {
		return attachment.DeleteObjects(ctx, objects, e.ID)
	})
}

// FileStore decides how long attachments of users are kept.
type FileStore interface {
	// RetainAttachment keeps an attachment that would expire. A missing one is no
	// error.
	RetainAttachment(ctx context.Context, id string) error
	// ExpireAttachment lets an attachment expire at a time, unless a message contains
	// it. A missing one is no error.
	ExpireAttachment(ctx context.Context, id string, at time.Time) error
	// EraseAttachments deletes the user's attachments, with inTickets also those that
	// messages contain. Such messages show an expired file without its name. It is
	// safe to repeat.
	EraseAttachments(ctx context.Context, ownerID string, inTickets bool) error
}

// ExpireReplacedPictures returns a Handler that lets a replaced profile picture
// expire. It retains the new one, which an earlier change may have replaced.
func ExpireReplacedPictures(files FileStore, now func() time.Time) Handler {
	return on(func(ctx context.Context, e event.UserChanged) error {
		if e.Old.ID == "" || e.Old.PictureID == e.New.PictureID {
			return nil
		}
		var errs []error
		if e.Old.PictureID != "" {
			errs = append(errs, files.ExpireAttachment(ctx, e.Old.PictureID, now().Add(attachment.UnusedTTL)))
		}
		if e.New.PictureID != "" {
			errs = append(errs, files.RetainAttachment(ctx, e.New.PictureID))
		}
		return errors.Join(errs...)
	})
}

// EraseFiles returns a Handler that erases the files of deleted users. Files that
// staff have sent to customers stay, because they belong to the customers' tickets.
func EraseFiles(files FileStore) Handler {
	return on(func(ctx context.Context, e event.UserDeleted) error {
		return files.EraseAttachments(ctx, e.User.ID, e.User.Role == user.RoleUser)
	})
}
