package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	emulator "ticketsystem/localstack/emulator/sqs"
)

// newServer starts a server on a folder and returns it with an SDK configuration.
func newServer(t *testing.T, folder string) (*Server, aws.Config) {
	t.Helper()
	s, err := New(folder)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}
}

func TestOutbox_Persisted(t *testing.T) {
	folder := t.TempDir()
	s, config := newServer(t, folder)
	text := func(s string) *sestypes.Content { return &sestypes.Content{Data: aws.String(s)} }
	if out, err := sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{PhoneNumber: aws.String("+989120000001"), Message: aws.String("code & 1")}); err != nil || out.MessageId == nil {
		t.Fatal(out, err)
	}
	mail := ses.NewFromConfig(config)
	if out, err := mail.SendEmail(t.Context(), &ses.SendEmailInput{
		Source: aws.String("support@example.com"), Destination: &sestypes.Destination{ToAddresses: []string{"a@b.c"}},
		Message: &sestypes.Message{Subject: text("Hi"), Body: &sestypes.Body{Text: text("سلام"), Html: text("<p>سلام")}},
	}); err != nil || out.MessageId == nil {
		t.Fatal(out, err)
	}
	raw := "To: Ann <ann@b.c>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nbody"
	if _, err := mail.SendRawEmail(t.Context(), &ses.SendRawEmailInput{RawMessage: &sestypes.RawMessage{Data: []byte(raw)}}); err != nil {
		t.Fatal(err)
	}
	again, _ := newServer(t, folder)
	for _, outbox := range []*Outbox{s.Outbox, again.Outbox} {
		var got []string
		for _, m := range outbox.List("", "") {
			got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s", m.Channel, m.To, m.Subject, m.Body, m.HTML))
		}
		want := "email|ann@b.c|Café|body| email|a@b.c|Hi|سلام|<p>سلام sms|+989120000001||code & 1|"
		if strings.Join(got, " ") != want {
			t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
		}
		if n := len(outbox.List("sms", "+989120000001")); n != 1 {
			t.Errorf("by phone number: got %d, want 1", n)
		}
		if n := len(outbox.List("sms", "a@b.c")); n != 0 {
			t.Errorf("by another channel's address: got %d, want 0", n)
		}
	}
}

func TestParameters(t *testing.T) {
	folder := t.TempDir()
	_, config := newServer(t, folder)
	client := ssm.NewFromConfig(config)
	get := &ssm.GetParameterInput{Name: aws.String("/key"), WithDecryption: aws.Bool(true)}
	put := &ssm.PutParameterInput{Name: aws.String("/key"), Value: aws.String("v"), Type: ssmtypes.ParameterTypeSecureString}
	var missing *ssmtypes.ParameterNotFound
	if _, err := client.GetParameter(t.Context(), get); !errors.As(err, &missing) {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
	if _, err := client.PutParameter(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	var exists *ssmtypes.ParameterAlreadyExists
	if _, err := client.PutParameter(t.Context(), put); !errors.As(err, &exists) {
		t.Errorf("got %v, want ParameterAlreadyExists", err)
	}
	_, config = newServer(t, folder)
	client = ssm.NewFromConfig(config)
	if got, err := client.GetParameter(t.Context(), get); err != nil || *got.Parameter.Value != "v" {
		t.Errorf("after a restart: got %v, %v", got, err)
	}
	if got, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: get.Name}); err != nil || *got.Parameter.Value == "v" {
		t.Errorf("without decryption: got %v, %v", got, err)
	}
	if _, err := client.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: get.Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetParameter(t.Context(), get); !errors.As(err, &missing) {
		t.Errorf("after delete: got %v, want ParameterNotFound", err)
	}
}

func TestSQS_SDKCalls(t *testing.T) {
	s, config := newServer(t, "")
	s.Queues.Define(map[string]emulator.Settings{"failures": {VisibilityTimeout: time.Minute}})
	client := sqs.NewFromConfig(config)
	url := aws.String("http://localhost/000000000000/failures")
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("one")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Queues.Send("arn:aws:sqs:us-east-1:000000000000:failures", "two"); err != nil {
		t.Fatal(err)
	}
	count := func() string {
		got, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		return got.Attributes["ApproximateNumberOfMessages"] + "+" + got.Attributes["ApproximateNumberOfMessagesNotVisible"]
	}
	if got := count(); got != "2+0" {
		t.Errorf("got %s, want 2+0", got)
	}
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "one" || count() != "1+1" {
		t.Fatalf("got %v, %v, %s", got, err, count())
	}
	if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil || count() != "1+0" {
		t.Errorf("got %v, %s", err, count())
	}
}

// TestLimits checks that SNS and SQS refuse what AWS refuses.
func TestLimits(t *testing.T) {
	s, config := newServer(t, "")
	s.Queues.Define(map[string]emulator.Settings{"jobs": {}, "ordered": {FIFO: true}})
	topics, queues := sns.NewFromConfig(config), sqs.NewFromConfig(config)
	publish := func(number, text string) error {
		_, err := topics.Publish(t.Context(), &sns.PublishInput{PhoneNumber: &number, Message: &text})
		return err
	}
	send := func(queue, body string, delay int32, group *string) error {
		_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String("http://localhost/000000000000/" + queue), MessageBody: &body, DelaySeconds: delay, MessageGroupId: group, MessageDeduplicationId: group,
		})
		return err
	}
	for name, c := range map[string]struct {
		err     error
		refused bool
	}{
		"SMS":                          {publish("+989120000001", strings.Repeat("س", 1600)), false},
		"long SMS":                     {publish("+989120000001", strings.Repeat("س", 1601)), true},
		"SMS to a national number":     {publish("09120000001", "x"), true},
		"SMS to a text":                {publish("+98 912", "x"), true},
		"message":                      {send("jobs", strings.Repeat("x", 1<<20), 900, nil), false},
		"empty message":                {send("jobs", "", 0, nil), true},
		"message above 1 MiB":          {send("jobs", strings.Repeat("x", 1<<20+1), 0, nil), true},
		"control character":            {send("jobs", "a\x01b", 0, nil), true},
		"long delay":                   {send("jobs", "x", 901, nil), true},
		"FIFO queue without a group":   {send("ordered", "x", 0, nil), true},
		"FIFO queue with a group":      {send("ordered", "x", 0, aws.String("a")), false},
		"FIFO queue, delay of message": {send("ordered", "x", 5, aws.String("b")), true},
	} {
		if refused := c.err != nil; refused != c.refused {
			t.Errorf("%s: got %v, want refused %v", name, c.err, c.refused)
		}
	}
}
