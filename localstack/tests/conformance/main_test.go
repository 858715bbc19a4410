package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	emulator "ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
)

const root = "../../.."

// env is the engine and the table of this run. TestMain sets it once;
// nothing changes it.
var env struct {
	config aws.Config
	table  string
}

// newID makes ids that no two tests share: they all use one table.
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
	defer func() {
		err = errors.Join(err, deleteTable(ctx, env.table))
	}()
	return m.Run(), nil
}

// withLongTimeouts waits for an answer longer than a function does: a machine that stands
// still for a while has lost nothing, and no trip is to be counted twice.
func withLongTimeouts(functions aws.HTTPClient) aws.HTTPClient {
	client := *functions.(*http.Client)
	transport := client.Transport.(*http.Transport).Clone()
	client.Timeout, transport.ResponseHeaderTimeout = time.Minute, time.Minute
	client.Transport = transport
	return &client
}

// startEngine gives the engine that DYNAMODB_ENDPOINT names, or one of its own.
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

// createTable makes an empty table.
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

// newIsolatedStore is a table that one test has to itself.
func newIsolatedStore(t *testing.T) *dynamo.Store {
	t.Helper()
	name := "conformance-" + newID()
	createTempTable(t, name)
	return storeFor(env.config, name)
}

// createTempTable makes a table that goes with its test.
func createTempTable(t *testing.T, name string) {
	t.Helper()
	must(t, createTable(t.Context(), &emulator.Engine{URL: *env.config.BaseEndpoint}, name))
	t.Cleanup(func() { must(t, deleteTable(context.Background(), name)) })
}

// deleteTable deletes a table. That it is gone is no error: the SDK asks again
// when an answer was cut off.
func deleteTable(ctx context.Context, name string) error {
	_, err := dynamodb.NewFromConfig(env.config).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	if notFound := (*types.ResourceNotFoundException)(nil); errors.As(err, &notFound) {
		return nil
	}
	return err
}

// tableProperties is the table as template.yaml declares it.
func tableProperties() (map[string]any, error) {
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
}

// openStore is the table under test.
func openStore() *dynamo.Store { return openStoreWith(env.config) }

// openStoreWith is the table reached in another way.
func openStoreWith(config aws.Config) *dynamo.Store { return storeFor(config, env.table) }

func storeFor(config aws.Config, name string) *dynamo.Store {
	return dynamo.New(config, name, app.Now)
}
