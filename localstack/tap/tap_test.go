package tap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// bench is a tap before one service that answers everything with {}.
type bench struct {
	config aws.Config // of a function's client

	mu      sync.Mutex
	fault   Fault // of the next call
	calls   []Call
	reached int // calls that the service saw
	killed  []string
	cutoff  context.CancelFunc // what a kill does to the process: its connections end
}

func newBench(t *testing.T) *bench {
	b := &bench{}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reached++
		write(w, "{}")
	}))
	front := httptest.NewServer(New(b.observe, func(string) string { return service.URL }, b.kill))
	t.Cleanup(service.Close)
	t.Cleanup(front.Close)
	b.config = aws.Config{
		Region: "us-east-1", BaseEndpoint: &front.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: Key("LOCALSTACK", "message-post", "one"), SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	return b
}

func (b *bench) observe(c Call) Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, c)
	return b.fault
}

func (b *bench) kill(instance string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.killed = append(b.killed, instance)
	b.cutoff()
	return true
}

func TestFaultsAtACall(t *testing.T) {
	var conflict *types.TransactionConflictException
	var throttled *types.ProvisionedThroughputExceededException
	for _, c := range []struct {
		fault   Fault
		reached int
		killed  string
		seems   func(error) bool
	}{
		{Pass, 1, "[]", func(err error) bool { return err == nil }},
		{KillBefore, 0, "[one]", func(err error) bool { return errors.Is(err, context.Canceled) }},
		{KillAfter, 1, "[one]", func(err error) bool { return errors.Is(err, context.Canceled) }},
		{Throttle, 0, "[]", func(err error) bool { return errors.As(err, &throttled) }},
		{Conflict, 0, "[]", func(err error) bool { return errors.As(err, &conflict) }},
		{Cut, 0, "[]", func(err error) bool { return err != nil }},
		{LoseAnswer, 1, "[]", func(err error) bool { return err != nil }},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			b := newBench(t)
			b.fault = c.fault
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b.cutoff = cancel
			_, err := dynamodb.NewFromConfig(b.config).PutItem(ctx, &dynamodb.PutItemInput{
				TableName: aws.String("Table"), Item: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}},
			})
			if !c.seems(err) {
				t.Errorf("the function got %v", err)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if killed := fmt.Sprint(b.killed); b.reached != c.reached || killed != c.killed {
				t.Errorf("the service was reached %d times and %s killed, want %d and %s", b.reached, killed, c.reached, c.killed)
			}
		})
	}
}

// TestWhatIsCalled makes calls through the SDK's own clients and reads what a
// policy must allow for them.
func TestWhatIsCalled(t *testing.T) {
	b := newBench(t)
	ctx, name, key := t.Context(), aws.String("Table"), map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}}
	table, files := dynamodb.NewFromConfig(b.config), s3.NewFromConfig(b.config, func(o *s3.Options) { o.UsePathStyle = true })
	sockets, queues := apigatewaymanagementapi.NewFromConfig(b.config), sqs.NewFromConfig(b.config)
	bucket, object := aws.String("bucket"), aws.String("files/a b")
	for want, call := range map[string]func() error{
		"dynamodb Query dynamodb:Query arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/GSI1": func() error {
			_, err := table.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("GSI1"), KeyConditionExpression: aws.String("a = b")})
			return err
		},
		"dynamodb TransactWriteItems dynamodb:ConditionCheckItem arn:aws:dynamodb:us-east-1:000000000000:table/Table dynamodb:DeleteItem arn:aws:dynamodb:us-east-1:000000000000:table/Table": func() error {
			_, err := table.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{ConditionCheck: &types.ConditionCheck{TableName: name, Key: key, ConditionExpression: aws.String("a = b")}},
				{Delete: &types.Delete{TableName: name, Key: key}},
			}})
			return err
		},
		"dynamodb BatchGetItem dynamodb:BatchGetItem arn:aws:dynamodb:us-east-1:000000000000:table/Table": func() error {
			_, err := table.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"Table": {Keys: []map[string]types.AttributeValue{key}}}})
			return err
		},
		"s3 HeadObject s3:GetObject arn:aws:s3:::bucket/files/a b": func() error {
			_, err := files.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: object})
			return err
		},
		"s3 CopyObject s3:GetObject arn:aws:s3:::bucket/uploads/c s3:PutObject arn:aws:s3:::bucket/files/a b": func() error {
			_, err := files.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: object, CopySource: aws.String("bucket/uploads/c")})
			return err
		},
		"execute-api PostToConnection execute-api:ManageConnections arn:aws:execute-api:us-east-1:000000000000:local/live/POST/@connections/c1": func() error {
			_, err := sockets.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: aws.String("c1"), Data: []byte("x")})
			return err
		},
		"sqs SendMessage sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:Deliveries": func() error {
			_, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("http://localhost:1/000000000000/Deliveries"), MessageBody: aws.String("x")})
			return err
		},
		"ssm GetParameter ssm:GetParameter arn:aws:ssm:us-east-1:000000000000:parameter/stack/key": func() error {
			_, err := ssm.NewFromConfig(b.config).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/stack/key")})
			return err
		},
		"sns Publish sns:Publish *": func() error {
			_, err := sns.NewFromConfig(b.config).Publish(ctx, &sns.PublishInput{PhoneNumber: aws.String("+98912"), Message: aws.String("x")})
			return err
		},
		"ses SendEmail ses:SendEmail arn:aws:ses:us-east-1:000000000000:identity/a@b.c ses:SendEmail arn:aws:ses:us-east-1:000000000000:configuration-set/set": func() error {
			text := &sestypes.Content{Data: aws.String("x")}
			_, err := ses.NewFromConfig(b.config).SendEmail(ctx, &ses.SendEmailInput{
				Source: aws.String("a@b.c"), ConfigurationSetName: aws.String("set"), Destination: &sestypes.Destination{ToAddresses: []string{"d@e.f"}},
				Message: &sestypes.Message{Subject: text, Body: &sestypes.Body{Text: text}},
			})
			return err
		},
	} {
		b.calls = nil
		err := call() // {} is not an answer of each of them, which is nothing to us
		if len(b.calls) != 1 {
			t.Errorf("%s: %d calls, %v", want, len(b.calls), err)
			continue
		}
		c := b.calls[0]
		parts := []string{c.Service, c.Operation}
		for _, u := range c.Uses {
			parts = append(parts, u.Action, u.Resource)
		}
		if got := strings.Join(parts, " "); got != want || c.Function != "message-post" || c.Instance != "one" {
			t.Errorf("got %s by %s %s, want %s by message-post one", got, c.Function, c.Instance, want)
		}
	}
}
