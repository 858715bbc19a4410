package api

import (
	"context"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// maxName is the maximum length of a user's name in runes.
const maxName = 100

// GetProfile returns the endpoint GET /profile.
func GetProfile(profiles *account.Profiles) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		u, err := profiles.Profile(ctx, r.Principal)
		return ok(r.viewUser(u)), asUnauthenticated(err)
	})
}

// asUnauthenticated converts user_not_found: the credentials of a deleted user are invalid.
func asUnauthenticated(err error) error {
	if apperr.Is(err, apperr.UserNotFound) {
		return apperr.Wrap(apperr.Unauthenticated, err)
	}
	return err
}

type profileInput struct {
	Name          *string `json:"name"`
	Email         *string `json:"email"`
	Province      *string `json:"province"`
	City          *string `json:"city"`
	Locale        *string `json:"locale"`
	PictureID     *string `json:"pictureId"`
	Notifications *struct {
		Email    *bool `json:"email"`
		SMS      *bool `json:"sms"`
		Push     *bool `json:"push"`
		PushText *bool `json:"pushText"`
	} `json:"notifications"`
}

// UpdateProfile returns the endpoint PATCH /profile.
func UpdateProfile(profiles *account.Profiles) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in profileInput
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		update, err := in.toUpdate(r.Principal.Role)
		if err != nil {
			return Response{}, err
		}
		u, err := profiles.UpdateProfile(ctx, r.Principal, update)
		return ok(r.viewUser(u)), asUnauthenticated(err)
	})
}

// validateName checks the name that a user with this role chooses. Customers must not choose
// names that look like staff or a deleted user to other users.
func validateName(v *wire.Validator, name *string, role user.Role) {
	v.Text("/name", name, 0, maxName, false)
	if !role.IsStaff() && user.IsReserved(*name) {
		v.Add("/name", "reserved", "This name is reserved.")
	}
}

// toUpdate validates the input of a user with this role and converts it. It fails with invalid_body.
func (in profileInput) toUpdate(role user.Role) (account.ProfileUpdate, error) {
	var v wire.Validator
	if in.Name != nil {
		validateName(&v, in.Name, role)
	}
	if in.Email != nil {
		v.Email("/email", in.Email)
	}
	if in.Locale != nil {
		wire.OneOf(&v, "/locale", *in.Locale, locale.Supported()...)
	}
	if in.PictureID != nil && *in.PictureID != "" {
		v.ULID("/pictureId", in.PictureID)
	}
	p := account.ProfileUpdate{
		Name: in.Name, Email: in.Email, Province: in.Province, City: in.City, Locale: in.Locale, PictureID: in.PictureID,
	}
	if in.Notifications != nil {
		p.NotifyEmail, p.NotifySMS, p.NotifyPush, p.PushText = in.Notifications.Email, in.Notifications.SMS, in.Notifications.Push, in.Notifications.PushText
	}
	return p, v.Err()
}
