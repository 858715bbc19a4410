package ws

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/requestlog"
)

// Handler runs the actions of the WebSocket API.
type Handler struct {
	Store       realtime.Store
	Revocations *account.RevocationCache
	Hub         *realtime.Hub
	Publisher   *Publisher
	Typists     *Typists // needed only by Typing
	// SubscriptionLimiter counts the subscriptions of a user, each of which may push presence to
	// others; nil permits all.
	SubscriptionLimiter *limit.Limiter
	Log                 *slog.Logger
	Requests            *requestlog.Logger // nil logs no requests
	Now                 func() time.Time
}

// Request is one frame from a client.
type Request struct {
	Connection realtime.Connection
	body       []byte
	binary     bool // API Gateway reads the action of texts only
}

// frameHeader has the fields that every frame from a client may have.
type frameHeader struct {
	Action string `json:"action"`
	ID     string `json:"id"` // chosen by the client; replies repeat it
}

// replyHeader begins every reply to a frame.
type replyHeader struct {
	Type   string `json:"type"`
	Action string `json:"action"`
	ID     string `json:"id,omitempty"`
}

// reply returns the header of a reply to the frame.
func (r *Request) reply(frameType string) replyHeader {
	return replyHeader{frameType, frameField(r.body, "action"), frameField(r.body, "id")}
}

// maxEchoRunes limits the fields of a frame that a reply repeats.
const maxEchoRunes = 128

// frameField returns a text field of a frame, "" if the frame or the field is invalid or the text
// is too long to be repeated.
func frameField(body []byte, name string) string {
	var fields map[string]json.RawMessage
	var text string
	if json.Unmarshal(body, &fields) != nil || json.Unmarshal(fields[name], &text) != nil || utf8.RuneCountInString(text) > maxEchoRunes {
		return ""
	}
	return text
}

// checkID returns invalid_body if the client's id is too long to be repeated. Another type than
// a text has failed to decode before.
func (r *Request) checkID() error {
	var header frameHeader
	if err := json.Unmarshal(r.body, &header); err != nil || utf8.RuneCountInString(header.ID) <= maxEchoRunes {
		return nil //nolint:nilerr // decode reports it
	}
	return apperr.Validation(apperr.Field{Pointer: "/id", Code: "too_long", Message: fmt.Sprintf("At most %d characters.", maxEchoRunes)})
}

// locale returns the language of the connection's user, English for an unknown connection.
func (r *Request) locale() string { return cmp.Or(r.Connection.Principal.Locale, locale.English) }

// decode decodes the frame strictly. It fails with frame_invalid or invalid_body.
func (r *Request) decode(into any) error {
	err := wire.Decode(r.body, into)
	if err == nil {
		err = r.checkID()
	}
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
	Action   string       `json:"action,omitempty"`
	ID       string       `json:"id,omitempty"`
	Topic    string       `json:"topic,omitempty"`
	TicketID string       `json:"ticketId,omitempty"`
	ClientID string       `json:"clientId,omitempty"`
}

// Handle returns the Lambda handler of an action. An error is sent as an error frame; the
// connection stays open.
func (h *Handler) Handle(run Action) func(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return func(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		start, status := h.Requests.Start(), http.StatusOK
		ctx = requestlog.WithID(ctx, event.RequestContext.RequestID)
		frame, err := h.newRequest(ctx, event)
		var reply any
		if err == nil {
			reply, err = run(ctx, frame)
		}
		if err != nil {
			problem := h.errorFrame(ctx, event, frame, err)
			reply, status = problem, problem.Problem.Status
		}
		if reply != nil {
			if err := h.Hub.Send(ctx, event.RequestContext.ConnectionID, reply); err != nil {
				h.Log.WarnContext(ctx, "websocket reply not sent", slog.Any("error", err))
			}
		}
		h.Requests.Write(ctx, requestlog.Line{
			ID: event.RequestContext.RequestID, Route: event.RequestContext.RouteKey, UserID: frame.Connection.Principal.UserID, Status: status, Start: start,
		})
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
}

// newRequest reads the connection and checks its revocation. It fails with frame_invalid,
// unauthenticated, or token_expired for revoked access.
func (h *Handler) newRequest(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (*Request, error) {
	r := &Request{body: []byte(event.Body)}
	var err error
	if r.binary = event.IsBase64Encoded; r.binary {
		if r.body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return r, apperr.Wrap(apperr.FrameInvalid, err)
		}
	}
	c, found, err := h.Store.Connection(ctx, event.RequestContext.ConnectionID)
	if err != nil {
		return r, err
	}
	if !found {
		return r, apperr.New(apperr.Unauthenticated, "")
	}
	r.Connection = c
	return r, h.Revocations.Check(ctx, c.Principal)
}

// errorFrame converts an error. It logs errors with status 5xx.
func (h *Handler) errorFrame(ctx context.Context, event events.APIGatewayWebsocketProxyRequest, r *Request, err error) errorFrame {
	id := event.RequestContext.RequestID
	out := errorFrame{
		Type: "error", Problem: wire.NewProblem(apperr.From(err), r.locale(), "", id),
		Action: frameField(r.body, "action"), ID: frameField(r.body, "id"), Topic: frameField(r.body, "topic"),
		TicketID: frameField(r.body, "ticketId"), ClientID: frameField(r.body, "clientId"),
	}
	if out.Problem.Status >= http.StatusInternalServerError {
		h.Log.ErrorContext(ctx, "websocket action failed", slog.String("requestId", id), slog.String("route", event.RequestContext.RouteKey), slog.Any("error", err))
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
