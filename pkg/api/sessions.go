package api

import (
	"context"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
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
		out := page[sessionView]{Data: wire.MapSlice(sessions, func(s account.Session) sessionView {
			return sessionView{s.Family, s.UserAgent, wire.FormatTime(s.CreatedAt), wire.FormatTime(s.LastUsedAt), s.Family == r.Principal.Session}
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
