package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// MakePass is POST /realtime/tickets: a pass, and the address to open with it.
func MakePass(door *realtime.Door, socketURL string) Endpoint {
	return Endpoint{SignedIn, func(ctx context.Context, r *Request) (Response, error) {
		pass, expires, err := door.Pass(ctx, r.Who)
		if err != nil {
			return Response{}, err
		}
		return Response{Status: http.StatusCreated, Body: map[string]any{
			"ticket": pass, "url": socketURL + "?ticket=" + url.QueryEscape(pass), "expiresAt": timeOf(expires),
		}}, nil
	}}
}

// Entrance decides who may open a socket.
type Entrance struct {
	Door *realtime.Door
	Gate *account.Gate
	// Origins may open sockets from a browser. A native client sends no origin.
	Origins []string
	Log     *slog.Logger
}

// Connect is the $connect route. Browsers come with a pass in the address,
// native clients with an Authorization header; with both the pass counts.
func (e *Entrance) Connect(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	if origin := header(event, "Origin"); origin != "" && !slices.Contains(e.Origins, origin) {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusForbidden}, nil
	}
	who, err := e.identify(ctx, event)
	if err == nil {
		err = e.Gate.Revocations.CheckNow(ctx, who)
	}
	if err == nil {
		err = e.Door.Open(ctx, event.RequestContext.ConnectionID, who)
	}
	if err == nil {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
	f := fault.From(err)
	status := http.StatusInternalServerError
	if entry, known := fault.Lookup(f.Kind); known {
		status = entry.Status
	}
	if status >= http.StatusInternalServerError {
		e.Log.ErrorContext(ctx, "connect failed", slog.Any("error", err))
	}
	return events.APIGatewayProxyResponse{StatusCode: status}, nil
}

func (e *Entrance) identify(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (user.Principal, error) {
	if pass := event.QueryStringParameters["ticket"]; pass != "" {
		return e.Door.Redeem(ctx, pass)
	}
	token, err := bearer(header(event, "Authorization"))
	if err != nil {
		return user.Principal{}, err
	}
	if token == "" {
		return e.byCookie(ctx, event)
	}
	return e.Gate.Token(ctx, token)
}

// byCookie lets a page in by its session. A browser sends the cookie along with
// the handshake of any page, so the page must say that it is an allowed one.
func (e *Entrance) byCookie(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (user.Principal, error) {
	plain := header(event, "X-Forwarded-Proto") == "http"
	cookie := sessionCookie(strings.Split(header(event, "Cookie"), ";"), plain)
	if cookie == "" || header(event, "Origin") == "" {
		return user.Principal{}, fault.New(fault.Unauthenticated, "")
	}
	return e.Gate.Cookie(ctx, cookie)
}

// Disconnect is the $disconnect route.
func (s *Socket) Disconnect(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	c, found, err := s.Store.RemoveConnection(ctx, event.RequestContext.ConnectionID)
	if err != nil {
		s.Log.ErrorContext(ctx, "disconnect failed", slog.Any("error", err))
	}
	if found {
		for _, topic := range c.Topics {
			if ticketID, ok := strings.CutPrefix(topic, "ticket:"); ok {
				s.News.Presence(ctx, ticketID)
			}
		}
	}
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}
