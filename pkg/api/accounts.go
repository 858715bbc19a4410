package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
)

type tokensView struct {
	User         userView `json:"user"`
	AccessToken  string   `json:"accessToken"`
	RefreshToken string   `json:"refreshToken"`
	ExpiresIn    int      `json:"expiresIn"`
}

func viewTokens(t account.Tokens, locale string) tokensView {
	return tokensView{viewUser(t.User, locale), t.Access, t.Refresh, t.ExpiresIn}
}

// SendCode is POST /otp.
func SendCode(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone   string `json:"phone"`
			Purpose string `json:"purpose"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		oneOf(&c, "/purpose", in.Purpose, account.PurposeSignUp, account.PurposeLogin, account.PurposeReset)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		sent, err := people.SendCode(ctx, in.Phone, in.Purpose, r.caller())
		return Response{Status: http.StatusAccepted, Body: map[string]int{
			"expiresIn": sent.ExpiresIn, "resendAfter": sent.ResendAfter,
		}}, err
	}}
}

// SignUp is POST /signup.
func SignUp(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string `json:"phone"`
			Password string `json:"password"`
			Code     string `json:"code"`
			Name     string `json:"name"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		c.required("/password", in.Password)
		c.required("/code", in.Code)
		c.text("/name", &in.Name, 0, maxName, false)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		tokens, err := people.SignUp(ctx, in.Phone, in.Password, in.Code, in.Name, r.caller())
		return Response{Status: http.StatusCreated, Body: viewTokens(tokens, r.Locale())}, err
	}}
}

// LogIn is POST /login, by password or by code.
func LogIn(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string  `json:"phone"`
			Password *string `json:"password"`
			Code     *string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		if (in.Password == nil) == (in.Code == nil) {
			c.add("/password", "required", "Send either a password or a code.")
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		var tokens account.Tokens
		var err error
		if in.Code != nil {
			tokens, err = people.LogInByCode(ctx, in.Phone, *in.Code, r.caller())
		} else {
			tokens, err = people.LogIn(ctx, in.Phone, *in.Password, r.caller())
		}
		return ok(viewTokens(tokens, r.Locale())), err
	}}
}

// RefreshToken is POST /token/refresh.
func RefreshToken(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			RefreshToken string `json:"refreshToken"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/refreshToken", in.RefreshToken)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		tokens, err := people.Refresh(ctx, in.RefreshToken)
		return ok(viewTokens(tokens, r.Locale())), err
	}}
}

// LogOut is POST /logout. Its body may be absent.
func LogOut(people *account.Service) Endpoint {
	return Endpoint{Known, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			RefreshToken string `json:"refreshToken"`
		}
		body, err := r.body()
		if err != nil {
			return Response{}, err
		}
		if len(body) > 0 {
			if err := r.decode(&in); err != nil {
				return Response{}, err
			}
		}
		if anonymous(r.Who) && in.RefreshToken == "" {
			return Response{}, fault.New(fault.Unauthenticated, "")
		}
		return noContent(), people.LogOut(ctx, r.Who, in.RefreshToken)
	}}
}
