package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

type tokensView struct {
	User         userView `json:"user"`
	AccessToken  string   `json:"accessToken"`
	RefreshToken string   `json:"refreshToken"`
	ExpiresIn    int      `json:"expiresIn"`
}

// tokensResponse returns the tokens of a session in the body, or for browsers in an HttpOnly
// cookie. A device cookie is set for both.
func (r *Request) tokensResponse(status int, t account.Tokens) Response {
	if t.Cookie == "" {
		return Response{Status: status, Cookies: r.setDevice(t.Device), Body: tokensView{r.viewUser(t.User), t.Access, t.Refresh, t.ExpiresIn}}
	}
	cookies := append([]string{r.setCookie(wire.SessionCookie, t.Cookie, t.ExpiresIn)}, r.setDevice(t.Device)...)
	return Response{Status: status, Cookies: cookies, Body: cookieView{r.viewUser(t.User), account.CSRFToken(t.Cookie), t.ExpiresIn}}
}

// cookieView is the body for a session in a cookie.
type cookieView struct {
	User      userView `json:"user"`
	CSRFToken string   `json:"csrfToken"`
	ExpiresIn int      `json:"expiresIn"`
}

type codeSentView struct {
	Challenge   string `json:"challenge,omitempty"` // by SMS only
	ExpiresIn   int    `json:"expiresIn"`
	ResendAfter int    `json:"resendAfter"`
}

// SendCode returns the endpoint POST /otp. A code to change the phone number is sent to
// signed-in users only.
func SendCode(codes *account.SMSCodes) Endpoint {
	return OptionalAuth(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone   string `json:"phone"`
			Purpose string `json:"purpose"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		wire.OneOf(&v, "/purpose", in.Purpose, account.PurposeSignUp, account.PurposeLogin, account.PurposeReset, account.PurposePhone, account.PurposeDelete)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		sent, err := codes.SendCode(ctx, in.Phone, in.Purpose, r.caller())
		return Response{Status: http.StatusAccepted, Body: codeSentView(sent)}, r.asExpired(asUnauthenticated(err))
	})
}

// SignUp returns the endpoint POST /signup.
func SignUp(auth *account.Auth) Endpoint {
	return Public(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone     string `json:"phone"`
			Password  string `json:"password"`
			Code      string `json:"code"`
			Challenge string `json:"challenge"`
			Name      string `json:"name"`
			Session   string `json:"session"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		v.Required("/password", in.Password)
		v.Required("/code", in.Code)
		validateName(&v, &in.Name, user.RoleUser)
		caller, err := r.sessionCaller(&v, in.Session)
		if err != nil {
			return Response{}, err
		}
		tokens, err := auth.SignUp(ctx, in.Phone, in.Password, account.CodeInput{Digits: in.Code, Challenge: in.Challenge}, in.Name, caller)
		return r.tokensResponse(http.StatusCreated, tokens), err
	})
}

// LogIn returns the endpoint POST /login, for login by password, by one-time code
// or by both.
func LogIn(auth *account.Auth) Endpoint {
	return Public(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone     string  `json:"phone"`
			Password  *string `json:"password"`
			Code      *string `json:"code"`
			Challenge string  `json:"challenge"`
			Session   string  `json:"session"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/phone", in.Phone)
		if in.Password == nil && in.Code == nil {
			v.Add("/password", "required", "Send a password, a code or both.")
		}
		caller, err := r.sessionCaller(&v, in.Session)
		if err != nil {
			return Response{}, err
		}
		var tokens account.Tokens
		switch {
		case in.Code == nil:
			tokens, err = auth.LogIn(ctx, in.Phone, *in.Password, caller)
		case in.Password == nil:
			tokens, err = auth.LogInByCode(ctx, in.Phone, account.CodeInput{Digits: *in.Code, Challenge: in.Challenge}, caller)
		default:
			tokens, err = auth.LogInByPasswordAndCode(ctx, in.Phone, *in.Password, account.CodeInput{Digits: *in.Code, Challenge: in.Challenge}, caller)
		}
		return r.tokensResponse(http.StatusOK, tokens), err
	})
}

// sessionCaller returns the caller who opens a session of the kind in the field session, "" or
// "cookie". It fails with invalid_body with the fields of v, or origin_not_allowed.
func (r *Request) sessionCaller(v *wire.Validator, session string) (account.Caller, error) {
	caller := r.caller()
	caller.UseCookie = session == "cookie"
	if session != "" {
		wire.OneOf(v, "/session", session, "cookie")
	}
	if err := v.Err(); err != nil || !caller.UseCookie {
		return caller, err
	}
	return caller, r.checkCookieOrigin()
}

// RefreshToken returns the endpoint POST /token/refresh.
func RefreshToken(auth *account.Auth) Endpoint {
	return Public(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			RefreshToken string `json:"refreshToken"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v wire.Validator
		v.Required("/refreshToken", in.RefreshToken)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		tokens, err := auth.Refresh(ctx, in.RefreshToken)
		return r.tokensResponse(http.StatusOK, tokens), err
	})
}

// LogOut returns the endpoint POST /logout. The body is optional.
func LogOut(sessions *account.SessionTokens) Endpoint {
	return OptionalAuth(func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			RefreshToken string `json:"refreshToken"`
		}
		if err := r.decodeIfSent(&in); err != nil {
			return Response{}, err
		}
		if isAnonymous(r.Principal) && in.RefreshToken == "" {
			return Response{}, r.asExpired(apperr.New(apperr.Unauthenticated, ""))
		}
		out := noContent()
		if r.cookie != "" && in.RefreshToken == "" {
			if err := r.checkOrigin(); err != nil {
				return Response{}, err
			}
			out.Cookies = []string{r.setCookie(wire.SessionCookie, "", 0)}
		}
		return out, sessions.LogOut(ctx, r.Principal, in.RefreshToken)
	})
}
