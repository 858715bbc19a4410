package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/stack"
)

func dynamoClient(s *stack.Stack) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &s.DynamoDBURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
}

func credentials(id, secret, token string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
	})
}

func putItem(t *testing.T, s *stack.Stack, key string) {
	t.Helper()
	_, err := dynamoClient(s).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.TableName, Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "p"}, "SK": &types.AttributeValueMemberS{Value: key},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStream_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	for _, key := range []string{"M#1", "other", "M#2", "M#bad", "M#3", "M#3"} {
		putItem(t, s, key)
	}
	written := time.Now()
	eventually(t, "log", func() string {
		lines := strings.Fields(noteLog(t, s))
		keys := slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "M#") })
		// The records in the batch of the failing record are delivered twice.
		slices.Sort(keys)
		return strings.Join(slices.Compact(keys), " ")
	}, "M#1 M#2 M#3")
	eventually(t, "progress", func() string {
		p := s.StreamProgress("note")
		return fmt.Sprintf("%d records, all: %t", p.Records, p.CaughtUp.After(written))
	}, "4 records, all: true")
}

func TestS3_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &s.S3URL, UsePathStyle: true, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	for _, key := range []string{"up/one", "else/two"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("ticketsystem-bucket"), Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted ObjectCreated:Put up/one\n")
}

func TestSQS_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", func(o *stack.Options) { o.Parameters = map[string]string{"Visibility": "2"} })
	queues := func(name string) (*sqs.Client, *string) {
		return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")}),
			aws.String(s.ServicesURL + "/000000000000/ticketsystem-" + name)
	}
	send := func(text string, delay int32) {
		client, url := queues("Work")
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &text, DelaySeconds: delay}); err != nil {
			t.Fatal(err)
		}
	}
	send("one", 0)
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted  one\n")
	send("two", 1)
	send("bad", 0)
	eventually(t, "log of a delayed message", func() string { return noteLog(t, s) }, "noted  one\nnoted  two\n")
	eventually(t, "dead letter", func() string {
		client, url := queues("Failures")
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 0})
		if err != nil {
			t.Fatal(err)
		}
		var bodies []string
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
		}
		return strings.Join(bodies, " ")
	}, "bad")
}

func TestSNS_InvokesFunction(t *testing.T) {
	s, _ := startStack(t, "", nil)
	texts := sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	if _, err := texts.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:ticketsystem-Topic"), Subject: aws.String("hello"), Message: aws.String("{}"),
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted  hello\n")
	mails := ses.New(ses.Options{Region: "us-east-1", BaseEndpoint: &s.ServicesURL, Credentials: credentials("LOCALSTACK", "local-secret", "local-session")})
	for _, to := range []string{"complaint@simulator.amazonses.com", "bounce+one@simulator.amazonses.com"} {
		if _, err := mails.SendEmail(t.Context(), &ses.SendEmailInput{
			Source: aws.String("support@example.com"), ConfigurationSetName: aws.String("ticketsystem-mail"),
			Destination: &sestypes.Destination{ToAddresses: []string{to}},
			Message:     &sestypes.Message{Subject: &sestypes.Content{Data: aws.String("s")}, Body: &sestypes.Body{Text: &sestypes.Content{Data: aws.String("b")}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "log after the bounce", func() string { return noteLog(t, s) }, "noted  hello\nnoted  Amazon SES Email Event Notification\n")
}

func TestSchedules_Listed(t *testing.T) {
	s, _ := startStack(t, "", nil)
	var schedules struct{ Data []dashboard.Schedule }
	eventually(t, "the next run", func() string { // schedules start in the background
		_, text := get(t, s.HTTPURL+"/_local/schedules")
		if err := json.Unmarshal([]byte(text), &schedules); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(schedules.Data[1].Next.IsZero())
	}, "false")
	for i, want := range []string{"note cron(0 3 * * ? *) manual: true", "note rate(1 day) manual: false"} {
		c := schedules.Data[i]
		if got := fmt.Sprintf("%s %s manual: %t", c.Function, c.Expression, c.Next.IsZero()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		response, err := http.Post(s.HTTPURL+"/_local/functions/note/invoke", "application/json", bytes.NewReader(c.Event))
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		response.Body.Close()
	}
	if got := noteLog(t, s); got != "noted Sunday\nnoted Scheduled Event\n" {
		t.Errorf("log: got %q", got)
	}
}
