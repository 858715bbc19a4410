package api

import (
	"context"
	"net/http"

	"ticketsystem/pkg/account"
)

type sessionView struct {
	ID         string  `json:"id"`
	Device     string  `json:"device"`
	CreatedAt  *string `json:"createdAt"`
	LastUsedAt *string `json:"lastUsedAt"`
	Current    bool    `json:"current"`
}

// ListSessions is GET /sessions: one's own, newest first.
func ListSessions(accounts *account.Auth) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		after, _, err := openCursor[string](r, "sessions")
		if err != nil {
			return Response{}, err
		}
		sessions, more, err := accounts.ListSessions(ctx, r.Principal, after, limit)
		if err != nil {
			return Response{}, err
		}
		out := page[sessionView]{Data: MapSlice(sessions, func(s account.Session) sessionView {
			return sessionView{s.Family, s.UserAgent, FormatTime(s.CreatedAt), FormatTime(s.LastUsedAt), s.Family == r.Principal.Session}
		})}
		if more {
			out.Page = pageInfo{Next: sealCursor(r, "sessions", sessions[len(sessions)-1].Family), HasMore: true}
		}
		return ok(out), nil
	}}
}

// CloseSession is DELETE /sessions/{id}.
func CloseSession(accounts *account.Auth) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		if err := accounts.CloseSession(ctx, r.Principal, r.pathID()); err != nil {
			return Response{}, err
		}
		out := noContent()
		if r.cookie != "" && r.pathID() == r.Principal.Session {
			out.Cookies = []string{r.setCookie("", 0)}
		}
		return out, nil
	}}
}

// ResetPassword is POST /password/reset.
func ResetPassword(accounts *account.Auth) Endpoint {
	return Endpoint{Public, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string `json:"phone"`
			Code     string `json:"code"`
			Password string `json:"password"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v Validator
		v.Required("/phone", in.Phone)
		v.Required("/code", in.Code)
		v.Required("/password", in.Password)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		return noContent(), accounts.ResetPassword(ctx, in.Phone, in.Code, in.Password)
	}}
}

// SendEmailCode is POST /profile/email/code.
func SendEmailCode(accounts *account.Auth) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		sent, err := accounts.SendEmailCode(ctx, r.Principal, r.caller())
		return Response{Status: http.StatusAccepted, Body: viewCodeSent(sent)}, asUnauthenticated(err)
	}}
}

// ConfirmEmail is POST /profile/email/confirm.
func ConfirmEmail(accounts *account.Auth) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Code string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v Validator
		v.Required("/code", in.Code)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		u, err := accounts.ConfirmEmail(ctx, r.Principal, in.Code)
		return ok(r.viewUser(u)), asUnauthenticated(err)
	}}
}

// ChangePhone is POST /profile/phone.
func ChangePhone(accounts *account.Auth) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone string `json:"phone"`
			Code  string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var v Validator
		v.Required("/phone", in.Phone)
		v.Required("/code", in.Code)
		if err := v.Err(); err != nil {
			return Response{}, err
		}
		u, err := accounts.ChangePhone(ctx, r.Principal, in.Phone, in.Code)
		return ok(r.viewUser(u)), asUnauthenticated(err)
	}}
}
