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

func viewSession(s account.Session, current string) sessionView {
	return sessionView{s.Family, s.UserAgent, wire.FormatTime(s.CreatedAt), wire.FormatTime(s.LastUsedAt), s.Family == current}
}

// ListSessions returns the endpoint GET /sessions: the caller's, newest first.
func ListSessions(profiles *account.Profiles) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		view := func(s account.Session) sessionView { return viewSession(s, r.Principal.Session) }
		return listPage(r, "sessions", view, func(limit int, after string) ([]account.Session, string, bool, error) {
			sessions, more, err := profiles.ListSessions(ctx, r.Principal, after, limit)
			if err != nil || !more {
				return sessions, "", false, err
			}
			return sessions, sessions[len(sessions)-1].Family, true, nil
		})
	})
}

// DeleteSession returns the endpoint DELETE /sessions/{id}. For the session of the request it
// also deletes the cookie.
func DeleteSession(profiles *account.Profiles) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		if err := profiles.CloseSession(ctx, r.Principal, r.pathID()); err != nil {
			return Response{}, err
		}
		out := noContent()
		if r.cookie != "" && r.pathID() == r.Principal.Session {
			out.Cookies = []string{r.setCookie(wire.SessionCookie, "", 0)}
		}
		return out, nil
	})
}
