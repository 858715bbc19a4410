// Package push sends data to open sockets through the management API of a
// WebSocket API (@connections).
package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"

	"ticketsystem/pkg/realtime"
)

// Pusher reaches the sockets of one stage of one WebSocket API.
type Pusher struct {
	api *apigatewaymanagementapi.Client
}

// New makes a Pusher. endpoint is the stage's https address:
// https://<api>.execute-api.<region>.amazonaws.com/<stage>.
func New(config aws.Config, endpoint string) *Pusher {
	return &Pusher{api: apigatewaymanagementapi.NewFromConfig(config, func(o *apigatewaymanagementapi.Options) {
		o.BaseEndpoint = aws.String(endpoint)
	})}
}

// Send sends one frame (at most 128 KB, in frames of 32 KB) to a connection.
// Error: realtime.ErrGone when it is closed.
func (c *Pusher) Send(ctx context.Context, connectionID string, data []byte) error {
	_, err := c.api.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{
		ConnectionId: aws.String(connectionID),
		Data:         data,
	})
	return translate("post to a connection", err)
}

// Close ends a connection. One that is closed already is no error.
func (c *Pusher) Close(ctx context.Context, connectionID string) error {
	_, err := c.api.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{
		ConnectionId: aws.String(connectionID),
	})
	if err = translate("close a connection", err); errors.Is(err, realtime.ErrGone) {
		return nil
	}
	return err
}

// translate tells a gone connection by its status: the type of the error is in
// a header that not every stand-in for AWS sets.
func translate(action string, err error) error {
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &response) && response.HTTPStatusCode() == http.StatusGone:
		return realtime.ErrGone
	}
	return fmt.Errorf("%s: %w", action, err)
}
