package ws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/realtime"
)

// Handler runs the actions of the WebSocket API.
type Handler struct {
	Store       realtime.Store
	Revocations *account.RevocationCache
	Hub         *realtime.Hub
	Publisher   *Publisher
	Log         *slog.Logger
	Now         func() time.Time
}

// Request is one frame from a client.
type Request struct {
	Connection realtime.Connection
	body       []byte
}

// locale returns the language of the connection's user, English for an unknown connection.
func (r *Request) locale() string {
	if r == nil {
		return locale.English
	}
	return r.Connection.Principal.Locale
}

// decode decodes the frame strictly. Returns frame_invalid or invalid_body.
func (r *Request) decode(into any) error {
	err := wire.Decode(r.body, into)
	if apperr.Is(err, apperr.BadJSON) {
		err = apperr.Wrap(apperr.FrameInvalid, err).WithDetail("A frame must be one JSON object.")
	}
	return err
}

// Action handles one route. Its reply is sent to the connection; nil sends nothing.
type Action func(ctx context.Context, r *Request) (reply any, err error)

type errorFrame struct {
	Type     string       `json:"type"`
	Problem  wire.Problem `json:"problem"`
	ClientID string       `json:"clientId,omitempty"`
}

// Handle returns the Lambda handler of an action. An error is sent as an error frame; the
// connection stays open.
func (h *Handler) Handle(run Action) func(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return func(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		frame, err := h.newRequest(ctx, event)
		var reply any
		if err == nil {
			reply, err = run(ctx, frame)
		}
		if err != nil {
			reply = h.errorFrame(ctx, event, frame.locale(), err)
		}
		if reply != nil {
			if err := h.Hub.Send(ctx, event.RequestContext.ConnectionID, reply); err != nil {
				h.Log.WarnContext(ctx, "websocket reply not sent", slog.Any("error", err))
			}
		}
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
}

// newRequest reads the connection and checks its revocation. Returns frame_invalid,
// unauthenticated, or token_expired for revoked access.
func (h *Handler) newRequest(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (*Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, apperr.Wrap(apperr.FrameInvalid, err)
		}
		body = raw
	}
	c, found, err := h.Store.Connection(ctx, event.RequestContext.ConnectionID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, apperr.New(apperr.Unauthenticated, "")
	}
	return &Request{Connection: c, body: body}, h.Revocations.Check(ctx, c.Principal)
}

// errorFrame converts an error. It logs errors with status 5xx.
func (h *Handler) errorFrame(ctx context.Context, event events.APIGatewayWebsocketProxyRequest, locale string, err error) errorFrame {
	f := apperr.From(err)
	id := event.RequestContext.RequestID
	out := errorFrame{Type: "error", Problem: wire.NewProblem(f, locale, "", id)}
	if out.Problem.Status >= http.StatusInternalServerError {
		h.Log.ErrorContext(ctx, "websocket action failed", slog.String("requestId", id), slog.String("route", event.RequestContext.RouteKey), slog.Any("error", err))
	}
	var frame struct {
		ClientID string `json:"clientId"`
	}
	if json.Unmarshal([]byte(event.Body), &frame) == nil {
		out.ClientID = frame.ClientID
	}
	return out
}

// header returns a header of the connect request. API Gateway keeps the case of header names.
func header(event events.APIGatewayWebsocketProxyRequest, name string) string {
	for given, value := range event.Headers {
		if strings.EqualFold(given, name) {
			return value
		}
	}
	return ""
}
