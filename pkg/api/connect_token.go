package api

import (
	"context"
	"net/http"
	"net/url"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/realtime"
)

// CreateConnectToken is POST /realtime/tickets: a pass, and the address to open with it.
func CreateConnectToken(tokens *realtime.ConnectTokens, socketURL string) Endpoint {
	return Endpoint{Authenticated, func(ctx context.Context, r *Request) (Response, error) {
		token, expires, err := tokens.Issue(ctx, r.Principal)
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusCreated, Body: map[string]any{
			"ticket": token, "url": socketURL + "?ticket=" + url.QueryEscape(token), "expiresAt": wire.FormatTime(expires),
		}}, nil
	}}
}
