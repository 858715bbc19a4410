package api

import (
	"context"
	"net/http"
	"net/url"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/realtime"
)

// CreateConnectToken returns the endpoint POST /realtime/tickets. The response contains a
// single-use connect token (field "ticket") and the WebSocket URL with it.
func CreateConnectToken(tokens *realtime.ConnectTokens, socketURL string) Endpoint {
	return Authenticated(func(ctx context.Context, r *Request) (Response, error) {
		token, expires, err := tokens.Issue(ctx, r.Principal)
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusCreated, Body: map[string]any{
			"ticket": token, "url": socketURL + "?ticket=" + url.QueryEscape(token), "expiresAt": wire.FormatTime(expires),
		}}, nil
	})
}
