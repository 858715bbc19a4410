// Package mobilepush sends push messages to phones through platform endpoints of Amazon SNS.
package mobilepush

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"ticketsystem/pkg/awserr"
	"ticketsystem/pkg/notification"
)

// Platforms are the platform applications of SNS by the name of the platform.
type Platforms struct {
	client       *sns.Client
	applications map[string]string
}

// New returns Platforms with the ARN of the application of each platform. A platform with
// an empty ARN is not configured.
func New(config aws.Config, applications map[string]string) *Platforms {
	return &Platforms{sns.NewFromConfig(config), applications}
}

// Register implements notification.PushPlatforms. It enables an endpoint that a failed
// message has disabled.
func (p *Platforms) Register(ctx context.Context, platform, token string) (string, error) {
	application := p.applications[platform]
	if application == "" {
		return "", notification.ErrPushPlatform
	}
	created, err := p.client.CreatePlatformEndpoint(ctx, &sns.CreatePlatformEndpointInput{PlatformApplicationArn: &application, Token: &token})
	var invalid *types.InvalidParameterException
	if errors.As(err, &invalid) {
		return "", fmt.Errorf("%w: %w", notification.ErrPushToken, err)
	}
	if err != nil {
		return "", fmt.Errorf("register device: %w", err)
	}
	_, err = p.client.SetEndpointAttributes(ctx, &sns.SetEndpointAttributesInput{
		EndpointArn: created.EndpointArn, Attributes: map[string]string{"Enabled": "true", "Token": token},
	})
	if err != nil {
		return "", fmt.Errorf("enable device: %w", err)
	}
	return aws.ToString(created.EndpointArn), nil
}

// Deregister implements notification.PushPlatforms.
func (p *Platforms) Deregister(ctx context.Context, endpoint string) error {
	_, err := p.client.DeleteEndpoint(ctx, &sns.DeleteEndpointInput{EndpointArn: &endpoint})
	if err != nil {
		return fmt.Errorf("deregister device: %w", err)
	}
	return nil
}

// Push implements notification.PushSender.
func (p *Platforms) Push(ctx context.Context, to notification.PushSubscription, m notification.PushMessage) error {
	text, err := payload(m)
	if err != nil {
		return err
	}
	_, err = p.client.Publish(ctx, &sns.PublishInput{TargetArn: &to.Endpoint, Message: &text, MessageStructure: aws.String("json")})
	var (
		disabled *types.EndpointDisabledException
		missing  *types.NotFoundException
		invalid  *types.InvalidParameterException
		app      *types.PlatformApplicationDisabledException
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &disabled), errors.As(err, &missing), errors.As(err, &invalid) && strings.Contains(err.Error(), "TargetArn"):
		return fmt.Errorf("%w: %w", notification.ErrPushGone, err) // SNS reports a deleted endpoint as an invalid TargetArn
	case errors.As(err, &invalid), errors.As(err, &app):
		return fmt.Errorf("%w: %w", notification.ErrPushRefused, err)
	}
	return fmt.Errorf("mobile push: %w", awserr.MarkThrottled(err))
}

// payload returns the message in the formats of APNs and of FCM (HTTP v1).
func payload(m notification.PushMessage) (string, error) {
	alert := map[string]string{"title": m.Title, "body": m.Body}
	apns, err := json.Marshal(map[string]any{
		"aps": map[string]any{"alert": alert, "sound": "default", "thread-id": m.TicketID}, "notificationId": m.NotificationID, "ticketId": m.TicketID,
	})
	if err != nil {
		return "", err
	}
	fcm, err := json.Marshal(map[string]any{"fcmV1Message": map[string]any{"message": map[string]any{
		"notification": alert, "android": map[string]any{"notification": map[string]string{"tag": m.NotificationID}},
		"data": map[string]string{"notificationId": m.NotificationID, "ticketId": m.TicketID},
	}}})
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]string{"default": m.Body, "APNS": string(apns), "APNS_SANDBOX": string(apns), "GCM": string(fcm)})
	return string(text), err
}
