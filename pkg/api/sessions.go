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
func ListSessions(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		after, _, err := openCursor[string](r, "sessions")
		if err != nil {
			return Response{}, err
		}
		sessions, more, err := people.Sessions(ctx, r.Who, after, limit)
		if err != nil {
			return Response{}, err
		}
		out := page[sessionView]{Data: list(sessions, func(s account.Session) sessionView {
			return sessionView{s.Family, s.Device, timeOf(s.CreatedAt), timeOf(s.LastUsedAt), s.Family == r.Who.Session}
		})}
		if more {
			out.Page = pageInfo{Next: sealCursor(r, "sessions", sessions[len(sessions)-1].Family), HasMore: true}
		}
		return ok(out), nil
	}}
}

// CloseSession is DELETE /sessions/{id}.
func CloseSession(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		if err := people.CloseSession(ctx, r.Who, r.pathID()); err != nil {
			return Response{}, err
		}
		out := noContent()
		if r.cookie != "" && r.pathID() == r.Who.Session {
			out.Cookies = []string{r.setCookie("", 0)}
		}
		return out, nil
	}}
}

// ResetPassword is POST /password/reset.
func ResetPassword(people *account.Service) Endpoint {
	return Endpoint{Anyone, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone    string `json:"phone"`
			Code     string `json:"code"`
			Password string `json:"password"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		c.required("/code", in.Code)
		c.required("/password", in.Password)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		return noContent(), people.ResetPassword(ctx, in.Phone, in.Code, in.Password)
	}}
}

// SendEmailCode is POST /profile/email/code.
func SendEmailCode(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		sent, err := people.SendEmailCode(ctx, r.Who, r.caller())
		return Response{Status: http.StatusAccepted, Body: viewSent(sent)}, gone(err)
	}}
}

// ConfirmEmail is POST /profile/email/confirm.
func ConfirmEmail(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Code string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/code", in.Code)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		u, err := people.ConfirmEmail(ctx, r.Who, in.Code)
		return ok(r.user(u)), gone(err)
	}}
}

// ChangePhone is POST /profile/phone.
func ChangePhone(people *account.Service) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		var in struct {
			Phone string `json:"phone"`
			Code  string `json:"code"`
		}
		if err := r.decode(&in); err != nil {
			return Response{}, err
		}
		var c checks
		c.required("/phone", in.Phone)
		c.required("/code", in.Code)
		if err := c.err(); err != nil {
			return Response{}, err
		}
		u, err := people.ChangePhone(ctx, r.Who, in.Phone, in.Code)
		return ok(r.user(u)), gone(err)
	}}
}
