package api

import (
	"context"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
)

// maxName bounds a person's name in characters.
const maxName = 100

// ShowProfile is GET /profile.
func ShowProfile(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		u, err := people.Profile(ctx, r.Who)
		return ok(r.user(u)), gone(err)
	}}
}

// gone: a token whose user has been removed is no longer one.
func gone(err error) error {
	if fault.Is(err, fault.UserNotFound) {
		return fault.Wrap(fault.Unauthenticated, err)
	}
	return err
}

type profileChange struct {
	Name          *string `json:"name"`
	Email         *string `json:"email"`
	Province      *string `json:"province"`
	City          *string `json:"city"`
	Locale        *string `json:"locale"`
	PictureID     *string `json:"pictureId"`
	Notifications *struct {
		Email *bool `json:"email"`
		SMS   *bool `json:"sms"`
	} `json:"notifications"`
}

// EditProfile is PATCH /profile.
func EditProfile(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in profileChange
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		patch, err := in.patch()
		if err != nil {
			return Response{}, err
		}
		u, err := people.Edit(ctx, r.Who, patch)
		return ok(r.user(u)), gone(err)
	}}
}

func (in profileChange) patch() (account.Patch, error) {
	var c checks
	if in.Name != nil {
		c.text("/name", in.Name, 0, maxName, false)
	}
	if in.Email != nil {
		c.email("/email", *in.Email)
	}
	if in.Locale != nil {
		oneOf(&c, "/locale", *in.Locale, "en", "fa")
	}
	if in.PictureID != nil && *in.PictureID != "" {
		c.ulid("/pictureId", in.PictureID)
	}
	p := account.Patch{
		Name: in.Name, Email: in.Email, Province: in.Province, City: in.City, Locale: in.Locale, PictureID: in.PictureID,
	}
	if in.Notifications != nil {
		p.NotifyEmail, p.NotifySMS = in.Notifications.Email, in.Notifications.SMS
	}
	return p, c.err()
}
