package dynamo

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

func TestAttributeNames(t *testing.T) {
	for expression, want := range map[string][]string{
		"":                             nil,
		"SET tries = tries + :one":     nil,
		"SET #ttl = :ttl ADD hits :n":  {"ttl"},
		"#ttl > :now AND #ttl < :then": {"ttl"},
		"SET #a = :a, #b.c = :b":       {"a", "b"},
		"REMOVE #ttl":                  {"ttl"},
		"REMOVE #ttl attribute_exists": {"ttl"},
	} {
		got := attributeNames(expression)
		if keys := slices.Sorted(maps.Values(got)); !slices.Equal(keys, want) {
			t.Errorf("%q: got %v, want %v", expression, keys, want)
		}
		for name, attribute := range got {
			if name != "#"+attribute {
				t.Errorf("%q: %s maps to %s", expression, name, attribute)
			}
		}
	}
}

// canceledError returns a canceled transaction with the given reason codes.
func canceledError(reasons ...string) error {
	out := &types.TransactionCanceledException{}
	for _, code := range reasons {
		out.CancellationReasons = append(out.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
	}
	return out
}

func TestTranslate(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		want  apperr.Code
		retry time.Duration
	}{
		"transaction conflict":       {&types.TransactionConflictException{}, apperr.Conflict, time.Second},
		"transaction in progress":    {&types.TransactionInProgressException{}, apperr.Conflict, time.Second},
		"throttled":                  {&types.ProvisionedThroughputExceededException{}, apperr.Unavailable, time.Second},
		"account limit":              {&types.RequestLimitExceeded{}, apperr.Unavailable, time.Second},
		"canceled, conflict":         {canceledError("None", "TransactionConflict"), apperr.Conflict, time.Second},
		"canceled, throttled":        {canceledError("ThrottlingError", "None"), apperr.Unavailable, time.Second},
		"canceled, table throughput": {canceledError("ProvisionedThroughputExceeded"), apperr.Unavailable, time.Second},
		"canceled, validation error": {canceledError("None", "ValidationError"), apperr.Internal, 0},
		"validation error":           {&smithy.GenericAPIError{Code: "ValidationException"}, apperr.Internal, 0},
		"other error":                {errors.New("no route to host"), apperr.Internal, 0},
	} {
		got := apperr.From(translate(c.err))
		if got.Code != c.want || got.RetryAfter != c.retry || !errors.Is(got, c.err) {
			t.Errorf("%s: got %s, retry after %v, %v, want %s, %v", name, got.Code, got.RetryAfter, got, c.want, c.retry)
		}
	}
	if err := translate(nil); err != nil {
		t.Errorf("nil: got %v", err)
	}
}

func TestRetryBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			unprocessed int // 0: every call processes all keys, 1: one key, -1: none
			err         error
			calls       int
			want        apperr.Code
		}{
			"processed at once":  {0, nil, 1, ""},
			"one key at a time":  {1, nil, 3, ""},
			"never processed":    {-1, nil, 1 + maxBatchRetries, apperr.Unavailable},
			"throttled by error": {0, &types.RequestLimitExceeded{}, 1, apperr.Unavailable},
		} {
			calls := 0
			err := retryBatch(t.Context(), map[string]int{"a": 1, "b": 2, "c": 3}, func(pending map[string]int) (map[string]int, error) {
				calls++
				rest := maps.Clone(pending)
				for name := range pending {
					if c.unprocessed >= 0 {
						delete(rest, name)
					}
					if c.unprocessed == 1 {
						break
					}
				}
				return rest, c.err
			})
			if calls != c.calls || (err == nil) != (c.want == "") || err != nil && !apperr.Is(err, c.want) {
				t.Errorf("%s: got %v after %d calls, want %q after %d", name, err, calls, c.want, c.calls)
			}
		}
	})
}

func TestCursorOf_RoundTrip(t *testing.T) {
	for _, cursor := range []map[string]string{nil, {"PK": "T#1", "SK": "~H", "q": "0", "w": "1#5"}} {
		if got := cursorOf(startKey(cursor)); !maps.Equal(got, cursor) || (got == nil) != (cursor == nil) {
			t.Errorf("got %v, want %v", got, cursor)
		}
	}
}

func TestTranslateListError(t *testing.T) {
	invalid := &smithy.GenericAPIError{Code: "ValidationException"}
	for name, c := range map[string]struct {
		err    error
		cursor map[string]string
		want   apperr.Code
	}{
		"cursor of another version": {invalid, map[string]string{"PK": "x"}, apperr.BadCursor},
		"no cursor":                 {invalid, nil, apperr.Internal},
		"throttled with a cursor":   {&types.ProvisionedThroughputExceededException{}, map[string]string{"PK": "x"}, apperr.Unavailable},
	} {
		if got := apperr.From(translateListError(translate(c.err), c.cursor)).Code; got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestKeys_TicketPartitionOrder checks the order on which log reads depend: entries by
// sequence number, then read markers, then the ticket.
func TestKeys_TicketPartitionOrder(t *testing.T) {
	sorted := []string{
		entryKey("t", 0).SK, entryKey("t", 1).SK, entryKey("t", 9).SK, entryKey("t", 10).SK, entryKey("t", 999_999_999).SK,
		entryKey("t", 1_000_000_000).SK, entryKey("t", ticket.MaxSeq).SK, readMarkerKey("t", "0").SK, readMarkerKey("t", "ZZ").SK, ticketKey("t").SK,
	}
	if !slices.IsSorted(sorted) || len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		t.Errorf("keys are not in order: %q", sorted)
	}
	for _, seq := range []int{1, 10, ticket.MaxSeq} {
		if got := seqOf(entrySK(seq)); got != seq {
			t.Errorf("seq %d parses as %d", seq, got)
		}
	}
	if got := idOf(userKey("01ARZ#X").PK); got != "01ARZ#X" {
		t.Errorf("id: got %q", got)
	}
}

// TestKeys_Unique checks that no two kinds of items share a key.
func TestKeys_Unique(t *testing.T) {
	keys := []key{
		ticketKey("x"), entryKey("x", 1), readMarkerKey("x", "x"), userKey("x"), loginKey("x"), sessionKey("x", "x"), codeKey("x", "x", "id"),
		rateLimitKey("x", 1), categoryKey("x"), attachmentKey("x"), connectionKey("x"), subscriptionKey("x", "x"), connectTokenKey("x"), idempotencyKey("x"),
	}
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			t.Errorf("%+v has two kinds of items", k)
		}
	}
}

func TestPlanList(t *testing.T) {
	active, mixed := []ticket.Status{ticket.StatusOpen}, []ticket.Status{ticket.StatusOpen, ticket.StatusClosed}
	for _, c := range []struct {
		q      ticket.Query
		index  string
		prefix string
		exact  bool
	}{
		{ticket.Query{CustomerID: "s", Sort: ticket.SortActivity}, indexOwnerActivity, "", true},
		{ticket.Query{CustomerID: "s", Sort: ticket.SortCreated}, indexOwnerCreated, "", true},
		{ticket.Query{CustomerID: "s", Sort: ticket.SortActivity, Statuses: active}, indexOwnerActivity, "", false},
		{ticket.Query{Sort: ticket.SortWaiting}, indexQueueWaiting, "", true},
		{ticket.Query{Sort: ticket.SortActivity, CustomerIDs: []string{"s"}}, indexOwnerActivity, "", true},
		{ticket.Query{Sort: ticket.SortCreated, CustomerIDs: []string{"s"}}, indexOwnerCreated, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, CustomerIDs: []string{"s"}}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortActivity, CustomerIDs: []string{"s", "r"}}, indexQueueActivity, "", false},
		{ticket.Query{Sort: ticket.SortActivity, CustomerID: "s", CustomerIDs: []string{"r"}}, indexOwnerActivity, "", false},
		{ticket.Query{Sort: ticket.SortCreated, From: time.Unix(1, 0), To: time.Unix(2, 0)}, indexAllCreated, "", true},
		{ticket.Query{Sort: ticket.SortActivity, From: time.Unix(1, 0)}, indexQueueActivity, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Tags: []string{"vip"}}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, UnreadFor: "a"}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, CategoryIDs: []string{"c", "d"}}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortActivity}, indexQueueActivity, "", true},
		{ticket.Query{Sort: ticket.SortCreated}, indexAllCreated, "", true},
		{ticket.Query{Sort: ticket.SortCreated, CategoryIDs: []string{"c"}}, indexAllCreated, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: "a"}, indexAssigneeWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: ticket.Unassigned, CategoryIDs: []string{"c"}}, indexAssigneeWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, CategoryIDs: []string{"c"}}, indexCategoryWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: active}, indexStatusWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: mixed}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: active, Priorities: []ticket.Priority{ticket.PriorityHigh}}, indexStatusWaiting, "1", true},
		{ticket.Query{Sort: ticket.SortWaiting, Priorities: []ticket.Priority{ticket.PriorityHigh}}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: mixed, Priorities: []ticket.Priority{ticket.PriorityHigh}}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortActivity, Statuses: active, Priorities: []ticket.Priority{ticket.PriorityHigh}}, indexQueueActivity, "", false},
	} {
		p := (Shards{}).planList(c.q)
		if p.index != c.index || p.sort == "w" && p.from != c.prefix || p.exact != c.exact {
			t.Errorf("%+v: got %s, from %q, exact %v, want %s, %q, %v", c.q, p.index, p.from, p.exact, c.index, c.prefix, c.exact)
		}
	}
}

func TestMillis_RoundTrip(t *testing.T) {
	for _, at := range []time.Time{{}, time.UnixMilli(1).UTC(), time.Date(2026, 3, 21, 12, 0, 0, 123_000_000, time.UTC)} {
		if got := fromMillis(toMillis(at)); !got.Equal(at) {
			t.Errorf("%v decodes as %v", at, got)
		}
	}
}
