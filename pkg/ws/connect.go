package ws

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ConnectHandler authenticates new connections.
type ConnectHandler struct {
	Store         realtime.Store
	Tokens        *realtime.ConnectTokens
	Authenticator *account.Authenticator
	// AllowedOrigins are the origins of browser pages. Native clients send no Origin header.
	AllowedOrigins []string
	// SocketLimiter counts the sockets that a user opens; nil permits all.
	SocketLimiter *limit.Limiter
	Log           *slog.Logger
	Now           func() time.Time
}

// Connect is the route $connect. It accepts a connect token in the query string, an access
// token in the Authorization header, or a session cookie, in this order of precedence.
func (h *ConnectHandler) Connect(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	if origin := header(event, "Origin"); origin != "" && !slices.Contains(h.AllowedOrigins, origin) && !isOwnOrigin(event, origin) {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusForbidden}, nil
	}
	actor, err := h.authenticate(ctx, event)
	if err == nil {
		_, err = h.SocketLimiter.Take(ctx, actor, 1)
	}
	if err == nil {
		err = h.register(ctx, event.RequestContext.ConnectionID, actor)
	}
	if err == nil {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
	status := http.StatusInternalServerError
	if def, known := apperr.Lookup(apperr.From(err).Code); known {
		status = def.Status
	}
	if status >= http.StatusInternalServerError {
		h.Log.ErrorContext(ctx, "connect failed", slog.Any("error", err))
	}
	return events.APIGatewayProxyResponse{StatusCode: status}, nil
}

// isOwnOrigin reports whether an origin is the address of the WebSocket API. Some native clients
// send it, and no page can have it.
func isOwnOrigin(event events.APIGatewayWebsocketProxyRequest, origin string) bool {
	host := header(event, "Host")
	return host != "" && (origin == "https://"+host || origin == "http://"+host)
}

// register stores a connection, and deletes it again if the access or the session of the actor
// has ended. It checks afterwards: what ends later finds the stored connection and closes it.
// It fails with token_expired or session_ended.
func (h *ConnectHandler) register(ctx context.Context, connectionID string, actor user.Principal) error {
	err := h.Store.AddConnection(ctx, realtime.NewConnection(connectionID, actor, h.Now()))
	if err == nil {
		err = h.Authenticator.CheckSession(ctx, actor)
	}
	if err != nil {
		_, _, deleteErr := h.Store.DeleteConnection(ctx, connectionID)
		err = errors.Join(err, deleteErr)
	}
	return err
}

// authenticate returns the principal of the credentials. It fails with unauthenticated,
// token_expired or session_ended.
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

// authenticateCookie authenticates a page by its session cookie. Browsers send the cookie for
// pages of any origin, so an Origin header is required; Connect has checked its value.
func (h *ConnectHandler) authenticateCookie(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (user.Principal, error) {
	plain := header(event, "X-Forwarded-Proto") == "http"
	cookie := wire.Cookie(strings.Split(header(event, "Cookie"), ";"), wire.SessionCookie, plain)
	if cookie == "" || header(event, "Origin") == "" {
		return user.Principal{}, apperr.New(apperr.Unauthenticated, "")
	}
	return h.Authenticator.VerifyCookie(ctx, cookie) // the response to a handshake cannot renew the cookie
}

// Disconnect returns the handler of the route $disconnect. It deletes the connection and publishes
// the presence of its tickets if the user has left them.
func (h *Handler) Disconnect(tickets *ticket.Service) func(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return func(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		c, found, err := h.Store.DeleteConnection(ctx, event.RequestContext.ConnectionID)
		if err != nil {
			h.Log.ErrorContext(ctx, "disconnect failed", slog.Any("error", err))
		}
		if found {
			for _, topic := range c.Topics {
				h.publishLeaving(ctx, tickets, c, topic)
			}
		}
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
}
