package awsproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// fixture is a proxy in front of a service that answers every request with {}.
type fixture struct {
	config aws.Config // of a function's SDK client

	mu      sync.Mutex
	fault   Fault // of the next call
	calls   []Call
	reached int // calls that the service received
	killed  []string
	cancel  context.CancelFunc // closes the connections of the killed process
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.reached++
		writeText(w, "{}")
	}))
	proxy := httptest.NewServer(New(f.observe, func(string) string { return service.URL }, f.kill))
	t.Cleanup(service.Close)
	t.Cleanup(proxy.Close)
	f.config = aws.Config{
		Region: "us-east-1", BaseEndpoint: &proxy.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: AccessKey("LOCALSTACK", "message-post", "one"), SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	return f
}

func (f *fixture) observe(c Call) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
	return f.fault
}

func (f *fixture) kill(instance string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.killed = append(f.killed, instance)
	f.cancel()
	return true
}

func TestServeHTTP_Faults(t *testing.T) {
	var conflict *types.TransactionConflictException
	var throttled *types.ProvisionedThroughputExceededException
	for _, c := range []struct {
		fault   Fault
		reached int
		killed  string
		seems   func(error) bool
	}{
		{None, 1, "[]", func(err error) bool { return err == nil }},
		{KillBefore, 0, "[one]", func(err error) bool { return errors.Is(err, context.Canceled) }},
		{KillAfter, 1, "[one]", func(err error) bool { return errors.Is(err, context.Canceled) }},
		{Throttle, 0, "[]", func(err error) bool { return errors.As(err, &throttled) }},
		{Conflict, 0, "[]", func(err error) bool { return errors.As(err, &conflict) }},
		{CloseConnection, 0, "[]", func(err error) bool { return err != nil }},
		{DropResponse, 1, "[]", func(err error) bool { return err != nil }},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			f := newFixture(t)
			f.fault = c.fault
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.cancel = cancel
			_, err := dynamodb.NewFromConfig(f.config).PutItem(ctx, &dynamodb.PutItemInput{
				TableName: aws.String("Table"), Item: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}},
			})
			if !c.seems(err) {
				t.Errorf("error: got %v", err)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if killed := fmt.Sprint(f.killed); f.reached != c.reached || killed != c.killed {
				t.Errorf("got %d calls to the service and %s killed, want %d and %s", f.reached, killed, c.reached, c.killed)
			}
		})
	}
}

// TestParseCall_Permissions checks the required permissions of calls that SDK clients
// make.
func TestParseCall_Permissions(t *testing.T) {
	f := newFixture(t)
	ctx, name, key := t.Context(), aws.String("Table"), map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}}
	table, files := dynamodb.NewFromConfig(f.config), s3.NewFromConfig(f.config, func(o *s3.Options) { o.UsePathStyle = true })
	sockets, queues := apigatewaymanagementapi.NewFromConfig(f.config), sqs.NewFromConfig(f.config)
	bucket, object := aws.String("bucket"), aws.String("files/a b")
	for want, call := range map[string]func() error{
		"dynamodb Query dynamodb:Query arn:aws:dynamodb:us-east-1:000000000000:table/Table/index/GSI1 U#1": func() error {
			_, err := table.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("GSI1"), KeyConditionExpression: aws.String("u = :u AND n > :n"), ExpressionAttributeValues: map[string]types.AttributeValue{":n": key["PK"], ":u": &types.AttributeValueMemberS{Value: "U#1"}}})
			return err
		},
		"dynamodb TransactWriteItems dynamodb:ConditionCheckItem arn:aws:dynamodb:us-east-1:000000000000:table/Table a dynamodb:DeleteItem arn:aws:dynamodb:us-east-1:000000000000:table/Table a": func() error {
			_, err := table.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{ConditionCheck: &types.ConditionCheck{TableName: name, Key: key, ConditionExpression: aws.String("a = b")}},
				{Delete: &types.Delete{TableName: name, Key: key}},
			}})
			return err
		},
		"dynamodb BatchGetItem dynamodb:BatchGetItem arn:aws:dynamodb:us-east-1:000000000000:table/Table a": func() error {
			_, err := table.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"Table": {Keys: []map[string]types.AttributeValue{key}}}})
			return err
		},
		"dynamodb BatchWriteItem dynamodb:BatchWriteItem arn:aws:dynamodb:us-east-1:000000000000:table/Table a dynamodb:BatchWriteItem arn:aws:dynamodb:us-east-1:000000000000:table/Table a": func() error {
			_, err := table.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"Table": {
				{PutRequest: &types.PutRequest{Item: key}}, {DeleteRequest: &types.DeleteRequest{Key: key}},
			}}})
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
			_, err := ssm.NewFromConfig(f.config).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/stack/key")})
			return err
		},
		"sns Publish sns:Publish *": func() error {
			_, err := sns.NewFromConfig(f.config).Publish(ctx, &sns.PublishInput{PhoneNumber: aws.String("+98912"), Message: aws.String("x")})
			return err
		},
		"ses SendEmail ses:SendEmail arn:aws:ses:us-east-1:000000000000:identity/a@b.c a@b.c ses:SendEmail arn:aws:ses:us-east-1:000000000000:identity/d@e.f a@b.c ses:SendEmail arn:aws:ses:us-east-1:000000000000:configuration-set/set": func() error {
			text := &sestypes.Content{Data: aws.String("x")}
			_, err := ses.NewFromConfig(f.config).SendEmail(ctx, &ses.SendEmailInput{
				Source: aws.String("a@b.c"), ConfigurationSetName: aws.String("set"), Destination: &sestypes.Destination{ToAddresses: []string{"d@e.f"}},
				Message: &sestypes.Message{Subject: text, Body: &sestypes.Body{Text: text}},
			})
			return err
		},
	} {
		f.calls = nil
		err := call() // {} may be an invalid response, which does not matter here
		if len(f.calls) != 1 {
			t.Errorf("%s: %d calls, %v", want, len(f.calls), err)
			continue
		}
		c := f.calls[0]
		parts := []string{c.Service, c.Operation}
		for _, u := range c.Permissions {
			parts = append(parts, u.Action, u.Resource)
			if condition := u.LeadingKey + u.Sender; condition != "" {
				parts = append(parts, condition)
			}
		}
		if got := strings.Join(parts, " "); got != want || c.Function != "message-post" || c.Instance != "one" {
			t.Errorf("got %s by %s %s, want %s by message-post one", got, c.Function, c.Instance, want)
		}
	}
}

// TestAttributes checks which attributes an update names.
func TestAttributes(t *testing.T) {
	target := tableTarget{
		Key:                      map[string]stringValue{"PK": {"U#1"}, "SK": {"~U"}},
		UpdateExpression:         "SET used = :now, #ttl = if_not_exists(#ttl, :ttl), row.title=:t, hits = hits + :one REMOVE q, w ADD n :one",
		ConditionExpression:      "attribute_exists(PK) AND (rev < :rev OR NOT contains(tags, :tag)) AND #user.id = :id",
		ExpressionAttributeNames: map[string]string{"#ttl": "ttl", "#user": "user"},
	}
	if got, want := target.attributes(), "PK SK hits n q rev row tags ttl used user w"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestServeHTTP_Consumed checks that the engine is asked for the capacity of a call, and how
// it is counted.
func TestServeHTTP_Consumed(t *testing.T) {
	status, response, got := http.StatusOK, "", ""
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"ReturnConsumedCapacity":"TOTAL"`) {
			t.Errorf("got the request %s", body)
		}
		w.WriteHeader(status)
		writeText(w, response)
	}))
	defer service.Close()
	proxy := New(func(Call) Fault { return None }, func(string) string { return service.URL }, nil)
	proxy.Consumed = func(c Call, read, write float64) { got = fmt.Sprint(c.Operation, " ", read, " ", write) }
	for _, c := range []struct {
		operation, response string
		status              int
		want                string
	}{
		{"GetItem", `{"ConsumedCapacity":{"CapacityUnits":0.5}}`, 200, "GetItem 0.5 0"},
		{"BatchWriteItem", `{"ConsumedCapacity":[{"CapacityUnits":2},{"CapacityUnits":3}]}`, 200, "BatchWriteItem 0 5"},
		{"PutItem", `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}`, 400, "PutItem 0 1"},
	} {
		status, response = c.status, c.response
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"TableName":"t"}`))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+c.operation)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=L.f.one/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host")
		w := httptest.NewRecorder()
		if proxy.ServeHTTP(w, r); got != c.want || w.Body.String() != c.response {
			t.Errorf("got %s and the response %s, want %s", got, w.Body, c.want)
		}
	}
}
