package ws

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// ConnectHandler decides who may open a socket.
type ConnectHandler struct {
	Tokens        *realtime.ConnectTokens
	Authenticator *account.Authenticator
	// AllowedOrigins may open sockets from a browser. A native client sends no origin.
	AllowedOrigins []string
	Log            *slog.Logger
}

// Connect is the $connect route. Browsers come with a pass in the address,
// native clients with an Authorization header; with both the pass counts.
func (h *ConnectHandler) Connect(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	if origin := header(event, "Origin"); origin != "" && !slices.Contains(h.AllowedOrigins, origin) {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusForbidden}, nil
	}
	actor, err := h.authenticate(ctx, event)
	if err == nil {
		err = h.Authenticator.Revocations.CheckFresh(ctx, actor)
	}
	if err == nil {
		err = h.Tokens.Register(ctx, event.RequestContext.ConnectionID, actor)
	}
	if err == nil {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
	f := apperr.From(err)
	status := http.StatusInternalServerError
	if def, known := apperr.Lookup(f.Code); known {
		status = def.Status
	}
	if status >= http.StatusInternalServerError {
		h.Log.ErrorContext(ctx, "connect failed", slog.Any("error", err))
	}
	return events.APIGatewayProxyResponse{StatusCode: status}, nil
}

func (h *ConnectHandler) authenticate(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (user.Principal, error) {
	if token := event.QueryStringParameters["ticket"]; token != "" {
		return h.Tokens.Redeem(ctx, token)
	}
	token, err := wire.BearerToken(header(event, "Authorization"))
	if err != nil {
		return user.Principal{}, err
	}
	if token == "" {
		return h.authenticateCookie(ctx, event)
	}
	return h.Authenticator.AuthenticateToken(ctx, token)
}

// authenticateCookie lets a page in by its session. A browser sends the cookie along with
// the handshake of any page, so the page must say that it is an allowed one.
func (h *ConnectHandler) authenticateCookie(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (user.Principal, error) {
	plain := header(event, "X-Forwarded-Proto") == "http"
	cookie := wire.SessionCookie(strings.Split(header(event, "Cookie"), ";"), plain)
	if cookie == "" || header(event, "Origin") == "" {
		return user.Principal{}, apperr.New(apperr.Unauthenticated, "")
	}
	return h.Authenticator.AuthenticateCookie(ctx, cookie)
}

// Disconnect is the $disconnect route.
func (h *Handler) Disconnect(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	c, found, err := h.Store.DeleteConnection(ctx, event.RequestContext.ConnectionID)
	if err != nil {
		h.Log.ErrorContext(ctx, "disconnect failed", slog.Any("error", err))
	}
	if found {
		for _, topic := range c.Topics {
			if ticketID, ok := strings.CutPrefix(topic, "ticket:"); ok {
				h.Publisher.PublishPresence(ctx, ticketID)
			}
		}
	}
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}
