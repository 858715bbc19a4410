package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	emulator "ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/repo"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
)

var root = repo.MustRoot()

// env is the engine and the table of this run. TestMain sets it once.
var env struct {
	config aws.Config
	table  string
}

// newID returns unique ids, because all tests share one table.
var newID = id.NewGenerator(time.Now, rand.Reader)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	engine, err := startEngine(ctx)
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	vars := app.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": engine.URL, "AWS_REGION": samtemplate.Region, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	env.config = vars.AWS("DYNAMODB")
	env.config.HTTPClient = withLongTimeouts(env.config.HTTPClient)
	env.table = "conformance-" + newID()
	if err := vars.Err(); err != nil {
		return 0, err
	}
	if err := createTable(ctx, engine, env.table); err != nil {
		return 0, err
	}
	if os.Getenv("DYNAMODB_ENDPOINT") == "" {
		if err := guardEngine(ctx, engine); err != nil {
			return 0, err
		}
	}
	defer func() {
		err = errors.Join(err, deleteTable(ctx, env.table))
	}()
	return m.Run(), nil
}

// withLongTimeouts returns the functions' HTTP client with timeouts of one minute. A
// retry on a stalled machine would change the measured cost.
func withLongTimeouts(functions aws.HTTPClient) aws.HTTPClient {
	client := *functions.(*http.Client)
	transport := client.Transport.(*http.Transport).Clone()
	client.Timeout, transport.ResponseHeaderTimeout = time.Minute, time.Minute
	client.Transport = transport
	return &client
}

// listsAtOnce are the tests that expect their writes in lists, counts and reports at once,
// or measure these reads. Clients must not rely on it.
const listsAtOnce = "^(TestEndSession|TestCategories|TestListTickets.*|TestUnread.*|TestRevokeAccess_.*|TestActivity.*|TestRecordSocket|" +
	"TestStats.*|TestSearch.*|TestIndexTicket.*|TestAddNotifications.*|TestListNotifications.*|TestActiveTicketsOf|TestStream_DuplicateNotifications|" +
	"TestDeliver_.*|TestClaimDelivery_.*|TestResetPassword|TestRevocationsSince|TestOperationCosts|TestPostCost.*|TestBroadcast.*)$"

// guard is an http.RoundTripper that makes the engine behave as DynamoDB does.
type guard struct {
	base    http.RoundTripper
	table   emulator.Table
	replica *emulator.Replica // nil for strongly consistent reads
}

// guardEngine makes the store under test refuse what DynamoDB refuses. With STALE_READS=1
// it also makes reads return an older state, unless they are strongly consistent.
func guardEngine(ctx context.Context, engine *emulator.Engine) error {
	client := *env.config.HTTPClient.(*http.Client)
	g := &guard{base: client.Transport}
	client.Transport, env.config.HTTPClient = g, &client
	properties, err := tableProperties()
	if err != nil {
		return err
	}
	if g.table, err = emulator.ParseTable(properties, env.table); err != nil || os.Getenv("STALE_READS") == "" {
		return err
	}
	if err := flag.Set("test.skip", listsAtOnce); err != nil {
		return err
	}
	_, stream, err := engine.EnsureTable(ctx, g.table)
	if err != nil {
		return err
	}
	g.replica, err = engine.StartReplica(ctx, g.table, stream, func(string, ...any) {})
	return err
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if refusal := g.table.Validate(operation, body); refusal != "" {
		text, err := json.Marshal(map[string]string{"__type": "com.amazon.coral.validate#ValidationException", "message": refusal})
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(text)), Request: r}, err
	}
	if g.replica != nil {
		body = g.replica.Redirect(operation, body)
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return g.base.RoundTrip(r)
}

// startEngine returns the engine named by DYNAMODB_ENDPOINT, or starts one.
func startEngine(ctx context.Context) (*emulator.Engine, error) {
	if url := os.Getenv("DYNAMODB_ENDPOINT"); url != "" {
		return &emulator.Engine{URL: strings.TrimSuffix(url, "/")}, nil
	}
	url, err := emulator.FreeURL()
	if err != nil {
		return nil, err
	}
	return emulator.Start(ctx, emulator.Config{
		CacheDir: root + "/.cache", URL: url, SysProcAttr: lambda.ProcessAttributes(), Logf: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) },
	})
}

// createTable creates an empty table.
func createTable(ctx context.Context, engine *emulator.Engine, name string) error {
	properties, err := tableProperties()
	if err != nil {
		return err
	}
	definition, err := emulator.ParseTable(properties, name)
	if err != nil {
		return err
	}
	_, _, err = engine.EnsureTable(ctx, definition)
	return err
}

// newIsolatedStore returns a store over a table used by one test only.
func newIsolatedStore(t *testing.T) *dynamo.Store {
	t.Helper()
	name := "conformance-" + newID()
	createTempTable(t, name)
	return storeFor(env.config, name)
}

// createTempTable creates a table that is deleted when the test ends.
func createTempTable(t *testing.T, name string) {
	t.Helper()
	must(t, createTable(t.Context(), &emulator.Engine{URL: *env.config.BaseEndpoint}, name))
	t.Cleanup(func() { must(t, deleteTable(context.Background(), name)) })
}

// deleteTable deletes a table. A missing table is no error, because the SDK may repeat
// the request.
func deleteTable(ctx context.Context, name string) error {
	_, err := dynamodb.NewFromConfig(env.config).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	if notFound := (*types.ResourceNotFoundException)(nil); errors.As(err, &notFound) {
		return nil
	}
	return err
}

// tableProperties returns the properties of the table in template.yaml. Callers must not
// change them.
var tableProperties = sync.OnceValues(func() (map[string]any, error) {
	t, err := samtemplate.Load(root+"/template.yaml", nil)
	if err != nil {
		return nil, err
	}
	tables, err := t.Resources("AWS::DynamoDB::Table")
	if err != nil {
		return nil, err
	}
	if len(tables) != 1 {
		return nil, fmt.Errorf("the template has %d tables, want one", len(tables))
	}
	return t.Properties(tables[0])
})

// openStore returns the store under test.
func openStore() *dynamo.Store { return openStoreWith(env.config) }

// openStoreWith returns the store under test with another configuration.
func openStoreWith(config aws.Config) *dynamo.Store { return storeFor(config, env.table) }

func storeFor(config aws.Config, name string) *dynamo.Store {
	return dynamo.New(config, name, app.Now)
}
