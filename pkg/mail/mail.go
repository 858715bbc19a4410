// Package mail sends e-mail through Amazon SES.
package mail

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
)

// Message is one e-mail. Text is what a reader without HTML shows; HTML may be
// empty.
type Message struct {
	To, Subject, Text, HTML string
}

// Sender sends messages from one address.
type Sender struct {
	client *ses.Client
	from   string
}

// New makes a Sender. from is an identity that SES has verified.
func New(config aws.Config, from string) *Sender {
	return &Sender{client: ses.NewFromConfig(config), from: from}
}

// Send sends one message to one person.
func (s *Sender) Send(ctx context.Context, m Message) error {
	body := &types.Body{Text: utf8(m.Text)}
	if m.HTML != "" {
		body.Html = utf8(m.HTML)
	}
	_, err := s.client.SendEmail(ctx, &ses.SendEmailInput{
		Source:      aws.String(s.from),
		Destination: &types.Destination{ToAddresses: []string{m.To}},
		Message:     &types.Message{Subject: utf8(m.Subject), Body: body},
	})
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// utf8 names the charset: without it SES takes a text for 7-bit ASCII.
func utf8(text string) *types.Content {
	return &types.Content{Charset: aws.String("UTF-8"), Data: aws.String(text)}
}
