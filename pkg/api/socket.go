package api

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
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/realtime"
)

// Socket runs the routes of the WebSocket API.
type Socket struct {
	Store       realtime.Store
	Revocations *account.Revocations
	Hub         *realtime.Hub
	News        *News
	Log         *slog.Logger
	Now         func() time.Time
}

// Frame is what a socket sent, and who sits behind it.
type Frame struct {
	Connection realtime.Connection
	body       []byte
}

// locale is the language of the person behind the socket, if one is known.
func (f *Frame) locale() string {
	if f == nil {
		return "en"
	}
	return f.Connection.Who.Locale
}

func (f *Frame) decode(into any) error {
	err := decodeStrict(f.body, into)
	if fault.Is(err, fault.BadJSON) {
		err = fault.Wrap(fault.FrameInvalid, err).WithDetail("A frame is one JSON object.")
	}
	return err
}

// Action is one route. What it returns is sent back; nil sends nothing.
type Action func(ctx context.Context, f *Frame) (reply any, err error)

type errorFrame struct {
	Type     string  `json:"type"`
	Problem  problem `json:"problem"`
	ClientID string  `json:"clientId,omitempty"`
}

// Handler makes the Lambda handler of an action. A bad frame gets an error
// frame, and the socket lives on.
func (s *Socket) Handler(run Action) func(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return func(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		frame, err := s.frame(ctx, event)
		var reply any
		if err == nil {
			reply, err = run(ctx, frame)
		}
		if err != nil {
			reply = s.errorFrame(ctx, event, frame.locale(), err)
		}
		if reply != nil {
			if err := s.Hub.Send(ctx, event.RequestContext.ConnectionID, reply); err != nil {
				s.Log.WarnContext(ctx, "reply lost", slog.Any("error", err))
			}
		}
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
	}
}

// frame finds the person behind the socket.
func (s *Socket) frame(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (*Frame, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, fault.Wrap(fault.FrameInvalid, err)
		}
		body = raw
	}
	c, found, err := s.Store.Connection(ctx, event.RequestContext.ConnectionID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.Unauthenticated, "")
	}
	return &Frame{Connection: c, body: body}, s.Revocations.Check(ctx, c.Who)
}

func (s *Socket) errorFrame(ctx context.Context, event events.APIGatewayWebsocketProxyRequest, locale string, err error) errorFrame {
	f := fault.From(err)
	id := event.RequestContext.RequestID
	out := errorFrame{Type: "error", Problem: problemOf(f, locale, "", id)}
	if out.Problem.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "frame failed", slog.String("requestId", id), slog.String("route", event.RequestContext.RouteKey), slog.Any("error", err))
	}
	var named struct {
		ClientID string `json:"clientId"`
	}
	if json.Unmarshal([]byte(event.Body), &named) == nil {
		out.ClientID = named.ClientID
	}
	return out
}

// header reads a header of a handshake, whose names keep the client's case.
func header(event events.APIGatewayWebsocketProxyRequest, name string) string {
	for given, value := range event.Headers {
		if strings.EqualFold(given, name) {
			return value
		}
	}
	return ""
}
