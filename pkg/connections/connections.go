// Package connections sends frames to WebSocket connections through the API Gateway
// management API (@connections).
package connections

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

// Client sends frames to the connections of one stage of a WebSocket API.
type Client struct {
	api *apigatewaymanagementapi.Client
}

// New returns a Client. endpoint is the HTTPS URL of the stage:
// https://<api>.execute-api.<region>.amazonaws.com/<stage>.
func New(config aws.Config, endpoint string) *Client {
	return &Client{api: apigatewaymanagementapi.NewFromConfig(config, func(o *apigatewaymanagementapi.Options) {
		o.BaseEndpoint = aws.String(endpoint)
	})}
}

// Send sends one frame of at most 128 KB to a connection. It returns
// realtime.ErrGone if the connection is closed.
func (c *Client) Send(ctx context.Context, connectionID string, data []byte) error {
	_, err := c.api.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{
		ConnectionId: aws.String(connectionID),
		Data:         data,
	})
	return translate("post to a connection", err)
}

// Close closes a connection. It returns realtime.ErrGone if it is closed already.
func (c *Client) Close(ctx context.Context, connectionID string) error {
	_, err := c.api.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{
		ConnectionId: aws.String(connectionID),
	})
	return translate("close a connection", err)
}

// translate detects a closed connection by its HTTP status, because not every
// emulator sets the header with the error type.
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
