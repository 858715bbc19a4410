package account

import (
	"context"
	"strings"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/geo"
	"ticketsystem/pkg/user"
)

// ProfileUpdate is an edit of a user; nil leaves a field as it is, "" clears it.
type ProfileUpdate struct {
	Name        *string
	Email       *string
	Province    *string
	City        *string
	Locale      *string
	PictureID   *string
	NotifyEmail *bool
	NotifySMS   *bool
}

// Profile reads one's own user. Errors: user_not_found.
func (a *Auth) Profile(ctx context.Context, actor user.Principal) (user.User, error) {
	return a.Store.User(ctx, actor.UserID)
}

// UpdateProfile changes one's own user. A city must lie in its province: who moves to
// another province without naming a city there has none.
//
// Errors: invalid_body.
func (a *Auth) UpdateProfile(ctx context.Context, actor user.Principal, update ProfileUpdate) (user.User, error) {
	if update.Email != nil && *update.Email != "" {
		// An address that stays as it is stays confirmed.
		u, err := a.Store.User(ctx, actor.UserID)
		if err != nil {
			return user.User{}, err
		}
		if u.Email == *update.Email {
			update.Email = nil
		}
	}
	if update.Province != nil && update.City == nil {
		empty := ""
		update.City = &empty
	}
	if update.City != nil && *update.City != "" {
		if err := a.checkCity(ctx, actor, &update); err != nil {
			return user.User{}, err
		}
	}
	if update.Province != nil && *update.Province != "" && !geo.HasProvince(*update.Province) {
		return user.User{}, apperr.Validation(apperr.Field{Pointer: "/province", Code: "unknown", Message: "There is no such province."})
	}
	if update.PictureID != nil && *update.PictureID != "" {
		if err := a.retainPicture(ctx, actor, *update.PictureID); err != nil {
			return user.User{}, err
		}
	}
	return a.Store.UpdateUser(ctx, actor.UserID, update)
}

// checkCity reads the stored province when the edit names a city alone.
func (a *Auth) checkCity(ctx context.Context, actor user.Principal, update *ProfileUpdate) error {
	if update.Province == nil {
		u, err := a.Store.User(ctx, actor.UserID)
		if err != nil {
			return err
		}
		update.Province = &u.Province
	}
	if !geo.HasCity(*update.Province, *update.City) {
		return apperr.Validation(apperr.Field{Pointer: "/city", Code: "unknown", Message: "There is no such city in the province."})
	}
	return nil
}

// retainPicture accepts one's own uploaded image.
func (a *Auth) retainPicture(ctx context.Context, actor user.Principal, attachmentID string) error {
	picture, err := a.Attachments.Attachment(ctx, attachmentID)
	if err != nil && !apperr.Is(err, apperr.AttachmentNotFound) {
		return err
	}
	if err != nil || picture.Owner != actor.UserID || picture.State != attachment.Ready || !strings.HasPrefix(picture.Type, "image/") {
		return apperr.Validation(apperr.Field{Pointer: "/pictureId", Code: "invalid", Message: "This is not an image that you have uploaded."})
	}
	return a.Attachments.RetainAttachment(ctx, attachmentID)
}
