package stream

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/event"
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
	// RetainAttachment keeps a profile picture that would expire. No message can contain it until
	// ExpireAttachment. It ignores a missing one and a file of a message.
	RetainAttachment(ctx context.Context, id string) error
	// ExpireAttachment lets an attachment expire at a time, unless a message contains
	// it. A missing one is no error.
	ExpireAttachment(ctx context.Context, id string, at time.Time) error
	// EraseAttachment deletes an attachment of a deleted user, as UserPropagationStore.EraseAttachments
	// does.
	EraseAttachment(ctx context.Context, id string) error
}

// FileReferenceStore records which attachments a user has.
type FileReferenceStore interface {
	UserReader
	FileStore

	// AddFileReference records an attachment for UserPropagationStore.EraseAttachments. It is safe to repeat.
	AddFileReference(ctx context.Context, ownerID, id string) error
	// DeleteFileReference deletes the record of AddFileReference.
	DeleteFileReference(ctx context.Context, ownerID, id string) error
}

// RecordFiles returns a Handler that records the attachments of each user. It records
// first and reads the user then: the files of a user who is deleted later are erased by
// PropagateUser, and a file of a deleted one is erased here.
func RecordFiles(files FileReferenceStore) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.AttachmentCreated:
			if err := files.AddFileReference(ctx, e.OwnerID, e.ID); err != nil {
				return err
			}
			_, err := files.User(ctx, e.OwnerID)
			if apperr.Is(err, apperr.UserNotFound) {
				return files.EraseAttachment(ctx, e.ID)
			}
			return err
		case event.AttachmentDeleted:
			return files.DeleteFileReference(ctx, e.OwnerID, e.ID)
		}
		return nil
	}
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
