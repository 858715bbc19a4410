package dynamo

import (
	"errors"
	"maps"
	"slices"
	"testing"
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
				t.Errorf("%q: %s stands for %s", expression, name, attribute)
			}
		}
	}
}

// canceledError is a transaction that was refused for these reasons.
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
		"another transaction":           {&types.TransactionConflictException{}, apperr.Conflict, time.Second},
		"a transaction that runs":       {&types.TransactionInProgressException{}, apperr.Conflict, time.Second},
		"throttled":                     {&types.ProvisionedThroughputExceededException{}, apperr.Unavailable, time.Second},
		"the account's limit":           {&types.RequestLimitExceeded{}, apperr.Unavailable, time.Second},
		"cancelled by another":          {canceledError("None", "TransactionConflict"), apperr.Conflict, time.Second},
		"cancelled by throttling":       {canceledError("ThrottlingError", "None"), apperr.Unavailable, time.Second},
		"cancelled by the table's rate": {canceledError("ProvisionedThroughputExceeded"), apperr.Unavailable, time.Second},
		"cancelled by a mistake":        {canceledError("None", "ValidationError"), apperr.Internal, 0},
		"a mistake":                     {&smithy.GenericAPIError{Code: "ValidationException"}, apperr.Internal, 0},
		"anything else":                 {errors.New("no route to host"), apperr.Internal, 0},
	} {
		got := apperr.From(translate(c.err))
		if got.Code != c.want || got.RetryAfter != c.retry || !errors.Is(got, c.err) {
			t.Errorf("%s: got %s, retry after %v, %v, want %s, %v", name, got.Code, got.RetryAfter, got, c.want, c.retry)
		}
	}
	if err := translate(nil); err != nil {
		t.Errorf("nothing: got %v", err)
	}
}

func TestTranslateListError(t *testing.T) {
	invalid := &smithy.GenericAPIError{Code: "ValidationException"}
	for name, c := range map[string]struct {
		err    error
		cursor map[string]string
		want   apperr.Code
	}{
		"a cursor that does not fit": {invalid, map[string]string{"PK": "x"}, apperr.BadCursor},
		"our own mistake":            {invalid, nil, apperr.Internal},
		"throttled with a cursor":    {&types.ProvisionedThroughputExceededException{}, map[string]string{"PK": "x"}, apperr.Unavailable},
	} {
		if got := apperr.From(translateListError(c.err, c.cursor)).Code; got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestKeys_TicketPartitionOrder: in a ticket's partition the entries come first by seq, then
// the read marks, then the head; one read either way depends on it.
func TestKeys_TicketPartitionOrder(t *testing.T) {
	sorted := []string{
		entryKey("t", 0).SK, entryKey("t", 1).SK, entryKey("t", 9).SK, entryKey("t", 10).SK, entryKey("t", 999_999_999).SK,
		entryKey("t", 1_000_000_000).SK, entryKey("t", ticket.MaxSeq).SK, readMarkerKey("t", "0").SK, readMarkerKey("t", "ZZ").SK, ticketKey("t").SK,
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

// TestKeys_Unique: no two kinds of things share a key.
func TestKeys_Unique(t *testing.T) {
	keys := []key{
		ticketKey("x"), entryKey("x", 1), readMarkerKey("x", "x"), userKey("x"), loginKey("x"), sessionKey("x", "x"), codeKey("x", "x"),
		rateLimitKey("x", 1), categoryKey("x"), attachmentKey("x"), connectionKey("x"), subscriptionKey("x", "x"), connectTokenKey("x"), idempotencyKey("x"),
	}
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			t.Errorf("%+v stands for two things", k)
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
		{ticket.Query{Sort: ticket.SortActivity}, indexQueueActivity, "", true},
		{ticket.Query{Sort: ticket.SortCreated}, indexAllCreated, "", true},
		{ticket.Query{Sort: ticket.SortCreated, CategoryID: "c"}, indexAllCreated, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: "a"}, indexAssigneeWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, AssigneeID: ticket.Unassigned, CategoryID: "c"}, indexAssigneeWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, CategoryID: "c"}, indexCategoryWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: active}, indexStatusWaiting, "", true},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: mixed}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: active, Priority: ticket.PriorityHigh}, indexStatusWaiting, "1", true},
		{ticket.Query{Sort: ticket.SortWaiting, Priority: ticket.PriorityHigh}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortWaiting, Statuses: mixed, Priority: ticket.PriorityHigh}, indexQueueWaiting, "", false},
		{ticket.Query{Sort: ticket.SortActivity, Statuses: active, Priority: ticket.PriorityHigh}, indexQueueActivity, "", false},
	} {
		if p := planList(c.q); p.index != c.index || p.sortPrefix != c.prefix || p.exact != c.exact {
			t.Errorf("%+v: got %s, prefix %q, exact %v, want %s, %q, %v", c.q, p.index, p.sortPrefix, p.exact, c.index, c.prefix, c.exact)
		}
	}
}

func TestMillis_RoundTrip(t *testing.T) {
	for _, at := range []time.Time{{}, time.UnixMilli(1).UTC(), time.Date(2026, 3, 21, 12, 0, 0, 123_000_000, time.UTC)} {
		if got := fromMillis(toMillis(at)); !got.Equal(at) {
			t.Errorf("%v comes back as %v", at, got)
		}
	}
}
