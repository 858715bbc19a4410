package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
)

// ResetPassword returns the endpoint POST /password/reset.
func ResetPassword(credentials *account.Credentials) Endpoint {
	return Public(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone           string `json:"phone"`
			Code            string `json:"code"`
			Challenge       string `json:"challenge"`
			Password        string `json:"password"`
			CurrentPassword string `json:"currentPassword"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		v.Required("/code", in.Code)
		v.Required("/password", in.Password)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		return noContent(), credentials.ResetPassword(ctx, in.Phone, in.Password, account.CodeInput{Digits: in.Code, Challenge: in.Challenge}, in.CurrentPassword, r.caller())
	})
}

// SendEmailCode returns the endpoint POST /profile/email/code.
func SendEmailCode(codes *account.EmailCodes) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		sent, err := codes.SendEmailCode(ctx, r.Principal)
		return Response{Status: http.StatusAccepted, Body: codeSentView{ExpiresIn: sent.ExpiresIn, ResendAfter: sent.ResendAfter}}, asUnauthenticated(err)
	})
}

// ConfirmEmail returns the endpoint POST /profile/email/confirm.
func ConfirmEmail(credentials *account.Credentials) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Code string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/code", in.Code)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		u, err := credentials.ConfirmEmail(ctx, r.Principal, in.Code)
		return ok(r.viewUser(u)), asUnauthenticated(err)
	})
}

// ChangePhone returns the endpoint POST /profile/phone.
func ChangePhone(credentials *account.Credentials) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone        string `json:"phone"`
			Code         string `json:"code"`
			Challenge    string `json:"challenge"`
			Password     string `json:"password"`
			OldCode      string `json:"oldCode"`
			OldChallenge string `json:"oldChallenge"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		v.Required("/code", in.Code)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		proof := account.OwnerProof{Password: in.Password, OldCode: account.CodeInput{Digits: in.OldCode, Challenge: in.OldChallenge}}
		u, device, err := credentials.ChangePhone(ctx, r.Principal, in.Phone, account.CodeInput{Digits: in.Code, Challenge: in.Challenge}, proof, r.caller())
		out := ok(r.viewUser(u))
		out.Cookies = r.setDevice(device)
		return out, asUnauthenticated(err)
	})
}

// DeleteAccount returns the endpoint DELETE /me: the caller's account is deleted as by DELETE
// /users/{id}, after a code.
func DeleteAccount(credentials *account.Credentials, users *account.UserAdmin) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Code      string `json:"code"`
			Challenge string `json:"challenge"`
			Password  string `json:"password"`
		}
		if err := r.decodeIfSent(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/code", in.Code)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		err := credentials.ConfirmDeletion(ctx, r.Principal, account.CodeInput{Digits: in.Code, Challenge: in.Challenge}, in.Password, r.caller())
		if err == nil {
			err = users.Delete(ctx, r.actor(), r.Principal.UserID)
		}
		out := noContent()
		if r.cookie != "" {
			out.Cookies = []string{r.setCookie(wire.SessionCookie, "", 0)}
		}
		return out, asUnauthenticated(err)
	})
}
