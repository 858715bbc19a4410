package account

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/geo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// ProfileUpdate is a change of a profile. A nil field is not changed; "" clears it.
type ProfileUpdate struct {
	Name        *string
	Email       *string
	Province    *string
	City        *string
	Locale      *string
	PictureID   *string
	NotifyEmail *bool
	NotifySMS   *bool
	NotifyPush  *bool
	PushText    *bool
}

// ProfileStore stores users and lists their sessions.
type ProfileStore interface {
	// User returns a user. It fails with user_not_found.
	User(ctx context.Context, id string) (user.User, error)

	// UpdateUser changes a user and returns the new state. It fails with
	// user_not_found.
	UpdateUser(ctx context.Context, id string, update ProfileUpdate) (user.User, error)

	// SyncUserCopies is the method of SessionStore.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)

	// ListSessions returns a page of the user's sessions, newest first, that follow
	// the family after. more reports whether there are others.
	ListSessions(ctx context.Context, userID, after string, limit int) (page []Session, more bool, err error)

	// EndSession is the method of TokenStore.
	EndSession(ctx context.Context, userID, family string, at time.Time) (ended bool, err error)
}

// AttachmentStore reads the uploads that become profile pictures.
type AttachmentStore interface {
	// Attachment returns an attachment. It fails with attachment_not_found.
	Attachment(ctx context.Context, id string) (attachment.Attachment, error)
	// ProlongAttachment moves the expiry of an attachment that would expire as unused.
	ProlongAttachment(ctx context.Context, id string, until time.Time) error
}

// Profiles reads and changes the actor's own profile and sessions.
type Profiles struct {
	Store         ProfileStore
	Attachments   AttachmentStore
	ChangeLimiter *limit.Limiter // counts the changes of a user; nil permits all
	Now           func() time.Time
}

// Profile returns the actor's user. It fails with user_not_found.
func (p *Profiles) Profile(ctx context.Context, actor user.Principal) (user.User, error) {
	return p.Store.User(ctx, actor.UserID)
}

// UpdateProfile changes the actor's profile. It fails with invalid_body or rate_limited. A
// city must be in the user's province; another province without a city clears the city. The
// copies in login and sessions are updated at once, so that a refresh that follows has the change.
func (p *Profiles) UpdateProfile(ctx context.Context, actor user.Principal, update ProfileUpdate) (user.User, error) {
	if update.dependsOnStored() {
		u, err := p.Store.User(ctx, actor.UserID)
		if err != nil {
			return user.User{}, err
		}
		update = update.completed(u)
	}
	if err := update.checkRegion(); err != nil {
		return user.User{}, err
	}
	if _, err := p.ChangeLimiter.Take(ctx, actor, 1); err != nil {
		return user.User{}, err
	}
	if update.PictureID != nil && *update.PictureID != "" {
		if err := p.usePicture(ctx, actor, *update.PictureID); err != nil {
			return user.User{}, err
		}
	}
	u, err := p.Store.UpdateUser(ctx, actor.UserID, update)
	if err != nil {
		return user.User{}, err
	}
	_, err = p.Store.SyncUserCopies(ctx, actor.UserID)
	return u, err
}

// dependsOnStored reports whether the effect of the update depends on the user as stored.
func (u ProfileUpdate) dependsOnStored() bool {
	return u.Email != nil && *u.Email != "" || u.Province != nil && u.City == nil || u.Province == nil && u.City != nil && *u.City != ""
}

// completed returns the update with what follows from the user as stored.
func (u ProfileUpdate) completed(stored user.User) ProfileUpdate {
	if u.Email != nil && notification.SameAddress(*u.Email, stored.Email) {
		u.Email = nil // the store resets EmailVerified when the address is written
	}
	switch {
	case u.Province != nil && u.City == nil && *u.Province != stored.Province:
		u.City = new(string)
	case u.Province == nil && u.City != nil && *u.City != "":
		u.Province = &stored.Province
	}
	return u
}

// checkRegion fails with invalid_body if the city is not in the province, or the province unknown.
func (u ProfileUpdate) checkRegion() error {
	if u.City != nil && *u.City != "" && !geo.HasCity(*u.Province, *u.City) {
		return apperr.Validation(apperr.Field{Pointer: "/city", Code: "unknown", Message: "Unknown city of the province."})
	}
	if u.Province != nil && *u.Province != "" && !geo.HasProvince(*u.Province) {
		return apperr.Validation(apperr.Field{Pointer: "/province", Code: "unknown", Message: "Unknown province."})
	}
	return nil
}

// usePicture prepares an image, whose upload may still be pending, as a profile picture. The
// stream retains the picture of a changed profile, so none is left if the change fails. It fails
// with invalid_body if the attachment is not an image of the
// actor, or belongs to a message.
func (p *Profiles) usePicture(ctx context.Context, actor user.Principal, attachmentID string) error {
	picture, err := p.Attachments.Attachment(ctx, attachmentID)
	if err != nil && !apperr.Is(err, apperr.AttachmentNotFound) {
		return err
	}
	if err != nil || picture.Owner != actor.UserID || !picture.IsPicture() ||
		picture.State == attachment.Refused || picture.State.UploadExpired(picture.CreatedAt, p.Now()) {
		return apperr.Validation(apperr.Field{Pointer: "/pictureId", Code: "invalid", Message: "Must be a PNG, JPEG, WebP or GIF image that you have uploaded."})
	}
	if picture.TicketID != "" { // it is deleted with the ticket
		return apperr.Validation(apperr.Field{Pointer: "/pictureId", Code: "in_use", Message: "The file already belongs to a message."})
	}
	return p.Attachments.ProlongAttachment(ctx, attachmentID, p.Now().Add(attachment.UnusedTTL))
}

// ListSessions returns a page of the actor's sessions, newest first, that follow the
// family after.
func (p *Profiles) ListSessions(ctx context.Context, actor user.Principal, after string, limit int) (page []Session, more bool, err error) {
	return p.Store.ListSessions(ctx, actor.UserID, after, limit)
}

// CloseSession ends a session of the actor. Its cookie and refresh token end at once,
// its access tokens within seconds. It fails with session_not_found, also for a session
// of another user.
func (p *Profiles) CloseSession(ctx context.Context, actor user.Principal, family string) error {
	if !id.Valid(family) {
		return apperr.New(apperr.SessionNotFound, "")
	}
	ended, err := p.Store.EndSession(ctx, actor.UserID, family, p.Now())
	if err == nil && !ended {
		err = apperr.New(apperr.SessionNotFound, "")
	}
	return err
}
