// Package sms sends text messages through Amazon SNS or the HTTP API of a provider.
package sms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"ticketsystem/pkg/awserr"
)

// Sender sends SMS messages to phone numbers.
type Sender struct{ client *sns.Client }

// New returns a Sender.
func New(config aws.Config) *Sender {
	return &Sender{client: sns.NewFromConfig(config)}
}

// Send sends text to an E.164 phone number. It is sent as transactional, for
// which SNS optimizes delivery instead of cost. Success means that SNS accepted
// the message, not that it was delivered.
func (s *Sender) Send(ctx context.Context, to, text string) error {
	_, err := s.client.Publish(ctx, &sns.PublishInput{
		PhoneNumber: aws.String(to),
		Message:     aws.String(text),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"AWS.SNS.SMS.SMSType": {DataType: aws.String("String"), StringValue: aws.String("Transactional")},
		},
	})
	if err != nil {
		return fmt.Errorf("sms: %w", awserr.MarkThrottled(err))
	}
	return nil
}
