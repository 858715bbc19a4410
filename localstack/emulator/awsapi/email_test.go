package awsapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"ticketsystem/localstack/testkit/golden"
)

func TestNewSNSEvent(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	golden.JSON(t, "sns_event", newSNSEvent("arn:aws:sns:us-east-1:000000000000:topic", "feedback", "id-1", "Subject", `{"a":1}`, at))
}

func TestSendEmail_SimulatorEvents(t *testing.T) {
	s, config := newServer(t, "")
	s.Subscriptions = func() Subscriptions {
		return Subscriptions{
			Topics:            map[string][]string{"arn:t": {"feedback"}, "arn:none": nil},
			ConfigurationSets: map[string][]EventDestination{"set": {{Topic: "arn:t", EventTypes: []string{"bounce", "complaint"}}, {Topic: "arn:none", EventTypes: []string{"bounce"}}}},
		}
	}
	var got []string
	s.Notify = func(function string, payload []byte) {
		var event events.SNSEvent
		var message struct {
			EventType         string
			Bounce, Complaint struct {
				BounceType           string
				BouncedRecipients    []struct{ EmailAddress string }
				ComplainedRecipients []struct{ EmailAddress string }
			}
			Mail struct {
				MessageID   string
				Destination []string
			}
		}
		if err := errors.Join(json.Unmarshal(payload, &event), json.Unmarshal([]byte(event.Records[0].SNS.Message), &message)); err != nil {
			t.Error(err)
		}
		address := ""
		for _, r := range append(message.Bounce.BouncedRecipients, message.Complaint.ComplainedRecipients...) {
			address += r.EmailAddress
		}
		if message.Mail.MessageID == "" || event.Records[0].SNS.TopicArn != "arn:t" || event.Records[0].SNS.Timestamp.IsZero() {
			t.Errorf("got %s", payload)
		}
		got = append(got, function+" "+message.EventType+message.Bounce.BounceType+" "+address)
	}
	client := ses.NewFromConfig(config)
	send := func(set *string, to ...string) error {
		_, err := client.SendEmail(t.Context(), &ses.SendEmailInput{
			Source: aws.String("support@example.com"), Destination: &sestypes.Destination{ToAddresses: to}, ConfigurationSetName: set,
			Message: &sestypes.Message{Subject: &sestypes.Content{Data: aws.String("Hi")}, Body: &sestypes.Body{Html: &sestypes.Content{Data: aws.String("<p>x")}}},
		})
		return err
	}
	bounce, complaint := "bounce+one@simulator.amazonses.com", "complaint@simulator.amazonses.com"
	if err := errors.Join(send(nil, bounce), send(aws.String("set"), "a@b.c", bounce), send(aws.String("set"), complaint, "success@simulator.amazonses.com")); err != nil {
		t.Fatal(err)
	}
	want := "feedback BouncePermanent " + bounce + ", feedback Complaint " + complaint
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %q\nwant %s", got, want)
	}
	if n := len(s.Outbox.List("email", "")); n != 5 {
		t.Errorf("outbox: got %d e-mails, want 5", n)
	}
	var noSet *sestypes.ConfigurationSetDoesNotExistException
	if err := send(aws.String("other"), "a@b.c"); !errors.As(err, &noSet) {
		t.Errorf("got %v, want ConfigurationSetDoesNotExist", err)
	}
	var noTopic *snstypes.NotFoundException
	if _, err := sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String("arn:other"), Message: aws.String("x")}); !errors.As(err, &noTopic) {
		t.Errorf("got %v, want NotFound", err)
	}
}
