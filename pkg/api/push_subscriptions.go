package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/notification"
)

// pushInput is a PushSubscription of the Push API as browsers serialize it, or the device
// token of a phone.
type pushInput struct {
	Platform       string `json:"platform"`
	Token          string `json:"token"`
	Endpoint       string `json:"endpoint"`
	ExpirationTime *int64 `json:"expirationTime"` // not used: the push service reports the end
	Keys           struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
}

// Maximum lengths in bytes.
const (
	maxPushEndpoint = 2000
	maxPushToken    = 1000
)

// toInput validates the fields that identify a subscription and converts them. Returns
// invalid_body.
func (in pushInput) toInput() (notification.PushInput, error) {
	var v wire.Validator
	if in.Platform == "" {
		in.Platform = notification.PlatformWeb
	}
	wire.OneOf(&v, "/platform", in.Platform, notification.PlatformWeb, notification.PlatformIOS, notification.PlatformAndroid)
	field, text, other, limit := "/endpoint", in.Endpoint, in.Token, maxPushEndpoint
	if in.Platform != notification.PlatformWeb {
		field, text, other, limit = "/token", in.Token, in.Endpoint, maxPushToken
	}
	v.Required(field, text)
	if len(text) > limit {
		v.Add(field, "too_long", "Too long.")
	}
	if other != "" {
		v.Add(field, "not_together", "Send the endpoint of a browser or the token of a phone, not both.")
	}
	return notification.PushInput{Platform: in.Platform, Endpoint: in.Endpoint, Token: in.Token, P256dh: in.Keys.P256dh, Auth: in.Keys.Auth}, v.Err()
}

type pushSubscriptionView struct {
	ID        string  `json:"id"`
	Platform  string  `json:"platform"`
	CreatedAt *string `json:"createdAt"`
}

// CreatePushSubscription returns the endpoint POST /push/subscriptions.
func CreatePushSubscription(subscriptions *notification.PushSubscriptions) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		in, err := r.pushInput()
		if err != nil {
			return Response{}, err
		}
		s, added, err := subscriptions.Subscribe(ctx, r.Principal, in)
		status := http.StatusOK
		if added {
			status = http.StatusCreated
		}
		return Response{Status: status, Body: pushSubscriptionView{s.ID, s.Platform, wire.FormatTime(s.CreatedAt)}}, err
	})
}

// DeletePushSubscription returns the endpoint DELETE /push/subscriptions.
func DeletePushSubscription(subscriptions *notification.PushSubscriptions) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		in, err := r.pushInput()
		if err != nil {
			return Response{}, err
		}
		return noContent(), subscriptions.Unsubscribe(ctx, r.Principal.UserID, in)
	})
}

func (r *Request) pushInput() (notification.PushInput, error) {
	var in pushInput
	if err := r.decode(&in); err != nil {
		return notification.PushInput{}, err
	}
	return in.toInput()
}

// GetPushKey returns the endpoint GET /push/key.
func GetPushKey(publicKey string) Endpoint {
	return Public(func(context.Context, *Request) (Response, error) {
		return ok(map[string]string{"publicKey": publicKey}), nil
	})
}
