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

	"ticketsystem/localstack/dynamo"
	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/template"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/wiring"
)

const root = "../.."

// house is the engine and the table of this run. TestMain sets it once;
// nothing changes it.
var house struct {
	config aws.Config
	table  string
}

// newID makes ids that no two tests share: they all use one table.
var newID = id.NewSource(time.Now, rand.Reader)

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
	engine, err := start(ctx)
	if err != nil {
		return 0, err
	}
	defer engine.Close()
	env := wiring.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": engine.URL, "AWS_REGION": template.Region, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	house.config = env.AWS("DYNAMODB")
	house.config.HTTPClient = patient(house.config.HTTPClient)
	house.table = "conformance-" + newID()
	if err := env.Err(); err != nil {
		return 0, err
	}
	if err := makeTable(ctx, engine, house.table); err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, dropTable(ctx, house.table))
	}()
	return m.Run(), nil
}

// patient waits for an answer longer than a function does: a machine that stands
// still for a while has lost nothing, and no trip is to be counted twice.
func patient(functions aws.HTTPClient) aws.HTTPClient {
	client := *functions.(*http.Client)
	transport := client.Transport.(*http.Transport).Clone()
	client.Timeout, transport.ResponseHeaderTimeout = time.Minute, time.Minute
	client.Transport = transport
	return &client
}

// start gives the engine that DYNAMODB_ENDPOINT names, or one of its own.
func start(ctx context.Context) (*dynamo.Engine, error) {
	if url := os.Getenv("DYNAMODB_ENDPOINT"); url != "" {
		return &dynamo.Engine{URL: strings.TrimSuffix(url, "/")}, nil
	}
	url, err := dynamo.FreeURL()
	if err != nil {
		return nil, err
	}
	return dynamo.Start(ctx, dynamo.Config{
		Cache: root + "/.cache", URL: url, Attr: lambda.ProcessAttributes(), Logf: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) },
	})
}

// makeTable makes an empty table.
func makeTable(ctx context.Context, engine *dynamo.Engine, name string) error {
	properties, err := tableProperties()
	if err != nil {
		return err
	}
	definition, err := dynamo.ReadTable(properties, name)
	if err != nil {
		return err
	}
	_, _, err = engine.Ensure(ctx, definition)
	return err
}

// ownTable is a table that one test has to itself.
func ownTable(t *testing.T) *table.Table {
	t.Helper()
	name := "conformance-" + newID()
	makeOwn(t, name)
	return tableOf(house.config, name)
}

// makeOwn makes a table that goes with its test.
func makeOwn(t *testing.T, name string) {
	t.Helper()
	must(t, makeTable(t.Context(), &dynamo.Engine{URL: *house.config.BaseEndpoint}, name))
	t.Cleanup(func() { must(t, dropTable(context.Background(), name)) })
}

// dropTable deletes a table. That it is gone is no error: the SDK asks again
// when an answer was cut off.
func dropTable(ctx context.Context, name string) error {
	_, err := dynamodb.NewFromConfig(house.config).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
		return nil
	}
	return err
}

// tableProperties is the table as template.yaml declares it.
func tableProperties() (map[string]any, error) {
	t, err := template.Load(root+"/template.yaml", nil)
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

// open is the table under test.
func open() *table.Table { return openWith(house.config) }

// openWith is the table reached in another way.
func openWith(config aws.Config) *table.Table { return tableOf(config, house.table) }

func tableOf(config aws.Config, name string) *table.Table { return table.New(config, name, wiring.Now) }
