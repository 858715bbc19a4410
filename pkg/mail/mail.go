// Package mail sends e-mail through Amazon SES.
package mail

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"ticketsystem/pkg/awserr"
	"ticketsystem/pkg/notification"
)

// Message is one e-mail. HTML is optional. UserID is the recipient's ID, and Unconfirmed says that
// the recipient has not confirmed the address; bounce and complaint reports contain both.
type Message struct {
	To, Subject, Text, HTML string
	UserID                  string
	Unconfirmed             bool
}

// The SES message tags that contain Message.UserID and Message.Unconfirmed.
const (
	UserTag        = "person"
	AddressTag     = "address"
	UnconfirmedTag = "unconfirmed" // the value of AddressTag
)

// Sender sends messages from one address.
type Sender struct {
	client           *ses.Client
	from             string
	configurationSet *string
}

// New returns a Sender. from must be an identity verified in SES.
// configurationSet determines where SES reports bounces; "" is none.
func New(config aws.Config, from, configurationSet string) *Sender {
	s := &Sender{client: ses.NewFromConfig(config), from: from}
	if configurationSet != "" {
		s.configurationSet = aws.String(configurationSet)
	}
	return s
}

// Mail sends a notification. It implements notification.Mailer.
func (s *Sender) Mail(ctx context.Context, m notification.Mail, userID string) error {
	return s.Send(ctx, Message{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, UserID: userID})
}

// Send sends one message. SES accepts only the ASCII form of a domain.
func (s *Sender) Send(ctx context.Context, m Message) error {
	body := &types.Body{Text: utf8(m.Text)}
	if m.HTML != "" {
		body.Html = utf8(m.HTML)
	}
	var tags []types.MessageTag
	if m.UserID != "" {
		tags = []types.MessageTag{{Name: aws.String(UserTag), Value: aws.String(m.UserID)}}
	}
	if m.Unconfirmed {
		tags = append(tags, types.MessageTag{Name: aws.String(AddressTag), Value: aws.String(UnconfirmedTag)})
	}
	to, _ := notification.ASCIIDomain(m.To)
	_, err := s.client.SendEmail(ctx, &ses.SendEmailInput{
		Source:               aws.String(s.from),
		Destination:          &types.Destination{ToAddresses: []string{to}},
		Message:              &types.Message{Subject: utf8(m.Subject), Body: body},
		ConfigurationSetName: s.configurationSet,
		Tags:                 tags,
	})
	if err != nil {
		return fmt.Errorf("mail: %w", awserr.MarkThrottled(err))
	}
	return nil
}

// utf8 sets the charset. Without it SES assumes 7-bit ASCII.
func utf8(text string) *types.Content {
	return &types.Content{Charset: aws.String("UTF-8"), Data: aws.String(text)}
}
