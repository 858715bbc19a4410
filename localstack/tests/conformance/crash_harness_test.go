package conformance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
)

var errCrashed = errors.New("the process has crashed")

// crashingClient is the HTTP client of a process that crashes at one of its calls:
// before the request is sent, or after it was processed and before the response. No
// later call is sent.
type crashingClient struct {
	crashAt int // index of the call; -1 for no crash
	after   bool
	next    aws.HTTPClient

	mu      sync.Mutex
	calls   []string // operations called so far
	crashed bool
}

// call runs one operation. Concurrent calls are serialized, so that only one is in
// flight at the crash.
func (c *crashingClient) call(operation string, do func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashed {
		return errCrashed
	}
	n := len(c.calls)
	c.calls = append(c.calls, operation)
	c.crashed = n == c.crashAt
	if c.crashed && !c.after {
		return errCrashed
	}
	if err := do(); err != nil {
		return err
	}
	if c.crashed {
		return errCrashed
	}
	return nil
}

// Do implements aws.HTTPClient.
func (c *crashingClient) Do(r *http.Request) (*http.Response, error) {
	var resp *http.Response
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	err := c.call(operation, func() (err error) {
		resp, err = c.next.Do(r)
		return err
	})
	if err != nil && resp != nil {
		_, closeErr := io.Copy(io.Discard, resp.Body)
		return nil, errors.Join(err, closeErr, resp.Body.Close())
	}
	return resp, err
}

// isolatedTable is the name of a table used by one test run only.
type isolatedTable struct {
	name string
}

func newIsolatedTable(t *testing.T) isolatedTable {
	t.Helper()
	tbl := isolatedTable{"crash-" + newID()}
	createTempTable(t, tbl.name)
	return tbl
}

// store returns a store that does not crash.
func (tbl isolatedTable) store() *dynamo.Store { return dynamo.New(env.config, tbl.name, app.Now) }

// storeVia returns a store that uses client m and does not retry.
func (tbl isolatedTable) storeVia(client *crashingClient) *dynamo.Store {
	config := env.config.Copy()
	client.next = config.HTTPClient
	config.HTTPClient = client
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return dynamo.New(config, tbl.name, app.Now)
}

// Patterns of values that differ between two runs: ids, times and values derived from
// secrets.
var (
	ulidPattern      = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}`)
	timePattern      = regexp.MustCompile(`\b[1-9]\d{9,14}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	digestPattern    = regexp.MustCompile(`[0-9a-f]{32,}|[A-Za-z0-9+/_-]{43,}=*|\$[A-Za-z0-9+/]{22}\$`)
	challengePattern = regexp.MustCompile(`"last":"[\w-]{22}"`)
	phonePattern     = regexp.MustCompile(`\+98\d{10}`)
)

// snapshot returns all items of the table, without what differs between two runs:
// ids, times, digests, the random write id x of an entry, and the ignored fields.
func (tbl isolatedTable) snapshot(t *testing.T, ignored ...string) string {
	t.Helper()
	ignored = append(slices.Clone(ignored), "x")
	var lines []string
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(env.config), &dynamodb.ScanInput{TableName: &tbl.name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, item := range page.Items {
			text, err := json.Marshal(plainValue(&types.AttributeValueMemberM{Value: item}, ignored))
			must(t, err)
			line := digestPattern.ReplaceAllString(ulidPattern.ReplaceAllString(string(text), "ID"), "HASH")
			line = challengePattern.ReplaceAllString(line, `"last":"CHALLENGE"`)
			lines = append(lines, phonePattern.ReplaceAllString(timePattern.ReplaceAllString(line, "TIME"), "PHONE"))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return strings.Join(lines, "\n")
}

// plainValue converts an attribute value to a plain Go value, without the ignored
// fields at any depth.
func plainValue(v types.AttributeValue, ignored []string) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		fields := map[string]any{}
		for name, field := range v.Value {
			if !slices.Contains(ignored, name) {
				fields[name] = plainValue(field, ignored)
			}
		}
		return fields
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, value := range v.Value {
			list[i] = plainValue(value, ignored)
		}
		return list
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("%x", v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberSS:
		return slices.Sorted(slices.Values(v.Value))
	default:
		return fmt.Sprintf("%T", v)
	}
}
