package table

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

func TestNames(t *testing.T) {
	for expression, want := range map[string][]string{
		"":                             nil,
		"SET tries = tries + :one":     nil,
		"SET #ttl = :ttl ADD hits :n":  {"ttl"},
		"#ttl > :now AND #ttl < :then": {"ttl"},
		"SET #a = :a, #b.c = :b":       {"a", "b"},
		"REMOVE #ttl":                  {"ttl"},
		"REMOVE #ttl attribute_exists": {"ttl"},
	} {
		got := names(expression)
		if keys := slices.Sorted(maps.Values(got)); !slices.Equal(keys, want) {
			t.Errorf("%q: got %v, want %v", expression, keys, want)
		}
		for name, attribute := range got {
			if name != "#"+attribute {
				t.Errorf("%q: %s stands for %s", expression, name, attribute)
			}
		}
	}
}

// cancelled is a transaction that was refused for these reasons.
func cancelled(reasons ...string) error {
	out := &types.TransactionCanceledException{}
	for _, code := range reasons {
		out.CancellationReasons = append(out.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
	}
	return out
}

func TestTranslate(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		want  fault.Kind
		retry time.Duration
	}{
		"another transaction":           {&types.TransactionConflictException{}, fault.Conflict, time.Second},
		"a transaction that runs":       {&types.TransactionInProgressException{}, fault.Conflict, time.Second},
		"throttled":                     {&types.ProvisionedThroughputExceededException{}, fault.Unavailable, time.Second},
		"the account's limit":           {&types.RequestLimitExceeded{}, fault.Unavailable, time.Second},
		"cancelled by another":          {cancelled("None", "TransactionConflict"), fault.Conflict, time.Second},
		"cancelled by throttling":       {cancelled("ThrottlingError", "None"), fault.Unavailable, time.Second},
		"cancelled by the table's rate": {cancelled("ProvisionedThroughputExceeded"), fault.Unavailable, time.Second},
		"cancelled by a mistake":        {cancelled("None", "ValidationError"), fault.Internal, 0},
		"a mistake":                     {&smithy.GenericAPIError{Code: "ValidationException"}, fault.Internal, 0},
		"anything else":                 {errors.New("no route to host"), fault.Internal, 0},
	} {
		got := fault.From(translate(c.err))
		if got.Kind != c.want || got.RetryAfter != c.retry || !errors.Is(got, c.err) {
			t.Errorf("%s: got %s, retry after %v, %v, want %s, %v", name, got.Kind, got.RetryAfter, got, c.want, c.retry)
		}
	}
	if err := translate(nil); err != nil {
		t.Errorf("nothing: got %v", err)
	}
}

func TestListErrors(t *testing.T) {
	invalid := &smithy.GenericAPIError{Code: "ValidationException"}
	for name, c := range map[string]struct {
		err    error
		cursor map[string]string
		want   fault.Kind
	}{
		"a cursor that does not fit": {invalid, map[string]string{"PK": "x"}, fault.BadCursor},
		"our own mistake":            {invalid, nil, fault.Internal},
		"throttled with a cursor":    {&types.ProvisionedThroughputExceededException{}, map[string]string{"PK": "x"}, fault.Unavailable},
	} {
		if got := fault.From(listError(c.err, c.cursor)).Kind; got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestKeysInOrder: in a ticket's partition the entries come first by seq, then
// the read marks, then the head; one read either way depends on it.
func TestKeysInOrder(t *testing.T) {
	sorted := []string{
		entryKey("t", 0).SK, entryKey("t", 1).SK, entryKey("t", 9).SK, entryKey("t", 10).SK, entryKey("t", 999_999_999).SK,
		entryKey("t", 1_000_000_000).SK, entryKey("t", ticket.MaxSeq).SK, markKey("t", "0").SK, markKey("t", "ZZ").SK, headKey("t").SK,
	}
	if !slices.IsSorted(sorted) || len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		t.Errorf("the keys do not ascend: %q", sorted)
	}
	for _, seq := range []int{1, 10, ticket.MaxSeq} {
		if got := seqOf(entrySK(seq)); got != seq {
			t.Errorf("seq %d comes back as %d", seq, got)
		}
	}
	if got := idOf(userKey("01ARZ#X").PK); got != "01ARZ#X" {
		t.Errorf("id: got %q", got)
	}
}

// TestPartitionsApart: no two kinds of things share a key.
func TestPartitionsApart(t *testing.T) {
	keys := []key{
		headKey("x"), entryKey("x", 1), markKey("x", "x"), userKey("x"), loginKey("x"), sessionKey("x", "x"), codeKey("x", "x"),
		limitKey("x", 1), categoryKey("x"), fileKey("x"), connectionKey("x"), watcherKey("x", "x"), passKey("x"), idempotencyKey("x"),
	}
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			t.Errorf("%+v stands for two things", k)
		}
	}
}

func TestPlans(t *testing.T) {
	live, over := []ticket.Status{ticket.StatusOpen}, []ticket.Status{ticket.StatusOpen, ticket.StatusClosed}
	for _, c := range []struct {
		q      ticket.Query
		index  string
		prefix string
		exact  bool
	}{
		{ticket.Query{CustomerID: "s", Sort: ticket.SortActivity}, indexOwnerActivity, "", true},
		{ticket.Query{CustomerID: "s", Sort: ticket.SortCreated}, indexOwnerCreated, "", true},
		{ticket.Query{CustomerID: "s", Sort: ticket.SortActivity, Statuses: live}, indexOwnerActivity, "", false},
		{ticket.Query{Sort: ticket.SortWaiting}, indexQueueWaiting, "", true},
		{ticket.Query{Sort: ticket.SortActivity}, indexQueueActivity, "", true},
		{ticket.Query{Sort: ticket.SortCreated}, indexAllCreated, "", true},
		{ticket.Query{Sort: ticket.SortCreated, CategoryID: "c"}, indexAllCreated, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: "a"}, indexAssigneeWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: ticket.Nobody, CategoryID: "c"}, indexAssigneeWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, CategoryID: "c"}, indexCategoryWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: live}, indexStatusWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: over}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: live, Priority: ticket.PriorityHigh}, indexStatusWaiting, "1", true},
		{ticket.Query{Sort: ticket.SortWaiting, Priority: ticket.PriorityHigh}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: over, Priority: ticket.PriorityHigh}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortActivity, Statuses: live, Priority: ticket.PriorityHigh}, indexQueueActivity, "", false},
	} {
		if p := planFor(c.q); p.index != c.index || p.sortPrefix != c.prefix || p.exact != c.exact {
			t.Errorf("%+v: got %s, prefix %q, exact %v, want %s, %q, %v", c.q, p.index, p.sortPrefix, p.exact, c.index, c.prefix, c.exact)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, at := range []time.Time{{}, time.UnixMilli(1).UTC(), time.Date(2026, 3, 21, 12, 0, 0, 123_000_000, time.UTC)} {
		if got := fromMillis(toMillis(at)); !got.Equal(at) {
			t.Errorf("%v comes back as %v", at, got)
		}
	}
}
