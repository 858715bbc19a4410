package account

import (
	"context"
	"strings"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/place"
	"ticketsystem/pkg/user"
)

// Patch is an edit of a user; nil leaves a field as it is, "" clears it.
type Patch struct {
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
func (s *Service) Profile(ctx context.Context, who user.Principal) (user.User, error) {
	return s.Store.User(ctx, who.UserID)
}

// Edit changes one's own user. A city must lie in its province: who moves to
// another province without naming a city there has none.
//
// Errors: invalid_body.
func (s *Service) Edit(ctx context.Context, who user.Principal, p Patch) (user.User, error) {
	if p.Email != nil && *p.Email != "" {
		// An address that stays as it is stays confirmed.
		u, err := s.Store.User(ctx, who.UserID)
		if err != nil {
			return user.User{}, err
		}
		if u.Email == *p.Email {
			p.Email = nil
		}
	}
	if p.Province != nil && p.City == nil {
		nowhere := ""
		p.City = &nowhere
	}
	if p.City != nil && *p.City != "" {
		if err := s.checkCity(ctx, who, &p); err != nil {
			return user.User{}, err
		}
	}
	if p.Province != nil && *p.Province != "" && !place.HasProvince(*p.Province) {
		return user.User{}, fault.Invalid(fault.Field{Pointer: "/province", Code: "unknown", Message: "There is no such province."})
	}
	if p.PictureID != nil && *p.PictureID != "" {
		if err := s.keepPicture(ctx, who, *p.PictureID); err != nil {
			return user.User{}, err
		}
	}
	return s.Store.UpdateUser(ctx, who.UserID, p)
}

// checkCity reads the stored province when the edit names a city alone.
func (s *Service) checkCity(ctx context.Context, who user.Principal, p *Patch) error {
	if p.Province == nil {
		u, err := s.Store.User(ctx, who.UserID)
		if err != nil {
			return err
		}
		p.Province = &u.Province
	}
	if !place.HasCity(*p.Province, *p.City) {
		return fault.Invalid(fault.Field{Pointer: "/city", Code: "unknown", Message: "There is no such city in the province."})
	}
	return nil
}

// keepPicture accepts one's own uploaded image.
func (s *Service) keepPicture(ctx context.Context, who user.Principal, id string) error {
	a, err := s.Files.Attachment(ctx, id)
	if err != nil && !fault.Is(err, fault.AttachmentNotFound) {
		return err
	}
	if err != nil || a.Owner != who.UserID || a.State != attachment.Ready || !strings.HasPrefix(a.Type, "image/") {
		return fault.Invalid(fault.Field{Pointer: "/pictureId", Code: "invalid", Message: "This is not an image that you have uploaded."})
	}
	return s.Files.KeepAttachment(ctx, id)
}
