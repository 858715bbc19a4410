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

var errCrashed = errors.New("this process is dead")

// crashingClient is a process that dies at one of its calls: before the call goes out,
// or when it was done and nobody has told it. From then on nothing leaves it.
type crashingClient struct {
	crashAt int // the call; -1 for a long life
	after   bool
	next    aws.HTTPClient

	mu      sync.Mutex
	calls   []string // that it made, by what they ask for
	crashed bool
}

// call is one call. Calls side by side take turns, or more than one would be
// under way at the death.
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

// Do is the client of the SDK.
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

// isolatedTable is a table that one try has to itself.
type isolatedTable struct {
	name string
}

func newIsolatedTable(t *testing.T) isolatedTable {
	t.Helper()
	tbl := isolatedTable{"crash-" + newID()}
	createTempTable(t, tbl.name)
	return tbl
}

// store is the table as a healthy process sees it.
func (tbl isolatedTable) store() *dynamo.Store { return dynamo.New(env.config, tbl.name, app.Now) }

// storeVia is the table as a mortal sees it, who tries nothing again.
func (tbl isolatedTable) storeVia(client *crashingClient) *dynamo.Store {
	config := env.config.Copy()
	client.next = config.HTTPClient
	config.HTTPClient = client
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return dynamo.New(config, tbl.name, app.Now)
}

// What differs between two runs of the same: ids, times, what is derived from
// a secret.
var (
	ulidPattern   = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}`)
	timePattern   = regexp.MustCompile(`\b[1-9]\d{9,14}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	digestPattern = regexp.MustCompile(`[0-9a-f]{32,}|[A-Za-z0-9+/_-]{43,}=*|\$[A-Za-z0-9+/]{22}\$`)
	phonePattern  = regexp.MustCompile(`\+98\d{10}`)
)

// snapshot is everything in the table, without what differs between two runs, and
// without the named fields.
func (tbl isolatedTable) snapshot(t *testing.T, ignored ...string) string {
	t.Helper()
	var lines []string
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(env.config), &dynamodb.ScanInput{TableName: &tbl.name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, item := range page.Items {
			text, err := json.Marshal(plainValue(&types.AttributeValueMemberM{Value: item}, ignored))
			must(t, err)
			line := digestPattern.ReplaceAllString(ulidPattern.ReplaceAllString(string(text), "ID"), "HASH")
			lines = append(lines, phonePattern.ReplaceAllString(timePattern.ReplaceAllString(line, "TIME"), "PHONE"))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return strings.Join(lines, "\n")
}

// plainValue is an attribute without its type, and without some fields at any depth.
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
