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

// tokens answers with the keys to a session: in the body, or for a browser in
// a cookie that no script can read.
func (r *Request) tokens(status int, t account.Tokens) Response {
	if t.Cookie == "" {
		return Response{Status: status, Body: tokensView{r.user(t.User), t.Access, t.Refresh, t.ExpiresIn}}
	}
	return Response{Status: status, Cookies: []string{r.setCookie(t.Cookie, t.ExpiresIn)}, Body: cookieView{
		r.user(t.User), account.CSRFToken(t.Cookie), t.ExpiresIn,
	}}
}

// cookieView is what a browser gets in place of tokens.
type cookieView struct {
	User      userView `json:"user"`
	CSRFToken string   `json:"csrfToken"`
	ExpiresIn int      `json:"expiresIn"`
}

func viewSent(s account.Sent) map[string]int {
	return map[string]int{"expiresIn": s.ExpiresIn, "resendAfter": s.ResendAfter}
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
		oneOf(&c, "/purpose", in.Purpose, account.PurposeSignUp, account.PurposeLogin, account.PurposeReset, account.PurposePhone)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		sent, err := people.SendCode(ctx, in.Phone, in.Purpose, r.caller())
		return Response{Status: http.StatusAccepted, Body: viewSent(sent)}, err
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
		return r.tokens(http.StatusCreated, tokens), err
	}}
}

// LogIn is POST /login, by password or by code.
func LogIn(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string  `json:"phone"`
			Password *string `json:"password"`
			Code     *string `json:"code"`
			Session  string  `json:"session"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		if (in.Password == nil) == (in.Code == nil) {
			c.add("/password", "required", "Send either a password or a code.")
		}
		if in.Session != "" {
			oneOf(&c, "/session", in.Session, "cookie")
		}
		if err := c.err(); err != nil {
			return Response{}, err
		}
		from := r.caller()
		from.Cookie = in.Session == "cookie"
		var tokens account.Tokens
		var err error
		if in.Code != nil {
			tokens, err = people.LogInByCode(ctx, in.Phone, *in.Code, from)
		} else {
			tokens, err = people.LogIn(ctx, in.Phone, *in.Password, from)
		}
		return r.tokens(http.StatusOK, tokens), err
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
		return r.tokens(http.StatusOK, tokens), err
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
		out := noContent()
		if r.cookie != "" && in.RefreshToken == "" {
			out.Cookies = []string{r.setCookie("", 0)}
		}
		return out, people.LogOut(ctx, r.Who, in.RefreshToken)
	}}
}
