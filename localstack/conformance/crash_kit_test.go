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

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/wiring"
)

var errDead = errors.New("this process is dead")

// mortal is a process that dies at one of its calls: before the call goes out,
// or when it was done and nobody has told it. From then on nothing leaves it.
type mortal struct {
	at    int // the call; -1 for a long life
	after bool
	next  aws.HTTPClient

	mu    sync.Mutex
	calls []string // that it made, by what they ask for
	dead  bool
}

// step is one call. Calls side by side take turns, or more than one would be
// under way at the death.
func (m *mortal) step(operation string, do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	n := len(m.calls)
	m.calls = append(m.calls, operation)
	m.dead = n == m.at
	if m.dead && !m.after {
		return errDead
	}
	if err := do(); err != nil {
		return err
	}
	if m.dead {
		return errDead
	}
	return nil
}

// Do is the client of the SDK.
func (m *mortal) Do(r *http.Request) (*http.Response, error) {
	var answer *http.Response
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	err := m.step(operation, func() (err error) {
		answer, err = m.next.Do(r)
		return err
	})
	if err != nil && answer != nil {
		_, gone := io.Copy(io.Discard, answer.Body)
		return nil, errors.Join(err, gone, answer.Body.Close())
	}
	return answer, err
}

// stage is a table that one try has to itself.
type stage struct {
	name string
}

func newStage(t *testing.T) stage {
	t.Helper()
	s := stage{"crash-" + newID()}
	makeOwn(t, s.name)
	return s
}

// sound is the table as a healthy process sees it.
func (s stage) sound() *table.Table { return table.New(house.config, s.name, wiring.Now) }

// through is the table as a mortal sees it, who tries nothing again.
func (s stage) through(m *mortal) *table.Table {
	config := house.config.Copy()
	m.next = config.HTTPClient
	config.HTTPClient = m
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return table.New(config, s.name, wiring.Now)
}

// What differs between two runs of the same: ids, times, what is derived from
// a secret.
var (
	ulids   = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}`)
	moments = regexp.MustCompile(`\b[1-9]\d{9,14}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	digests = regexp.MustCompile(`[0-9a-f]{32,}|[A-Za-z0-9+/_-]{43,}=*|\$[A-Za-z0-9+/]{22}\$`)
	phones  = regexp.MustCompile(`\+98\d{10}`)
)

// state is everything in the table, without what differs between two runs, and
// without the named fields.
func (s stage) state(t *testing.T, without ...string) string {
	t.Helper()
	var lines []string
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(house.config), &dynamodb.ScanInput{TableName: &s.name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, item := range page.Items {
			text, err := json.Marshal(plain(&types.AttributeValueMemberM{Value: item}, without))
			must(t, err)
			line := digests.ReplaceAllString(ulids.ReplaceAllString(string(text), "ID"), "HASH")
			lines = append(lines, phones.ReplaceAllString(moments.ReplaceAllString(line, "TIME"), "PHONE"))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return strings.Join(lines, "\n")
}

// plain is an attribute without its type, and without some fields at any depth.
func plain(v types.AttributeValue, without []string) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		fields := map[string]any{}
		for name, field := range v.Value {
			if !slices.Contains(without, name) {
				fields[name] = plain(field, without)
			}
		}
		return fields
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, one := range v.Value {
			list[i] = plain(one, without)
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
