package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/worker"
)

// fakeSearchIndex records its calls and fails for the ticket "bad".
type fakeSearchIndex struct {
	mu    sync.Mutex
	calls []string
}

func (index *fakeSearchIndex) record(call string) error {
	index.mu.Lock()
	defer index.mu.Unlock()
	index.calls = append(index.calls, call)
	if strings.Contains(call, "bad") {
		return errors.New("unavailable")
	}
	return nil
}

func (index *fakeSearchIndex) IndexTicket(_ context.Context, ticketID, cause string, terms, staffOnly []string) error {
	return index.record(ticketID + " " + cause + ": " + strings.Join(terms, " ") + "; " + strings.Join(staffOnly, " "))
}

func (index *fakeSearchIndex) IndexOpening(_ context.Context, ticketID, cause string, terms []string) error {
	return index.record("open " + ticketID + " " + cause + ": " + strings.Join(terms, " "))
}

func (index *fakeSearchIndex) RefreshTicket(_ context.Context, ticketID string) error {
	return index.record("refresh " + ticketID)
}

func (index *fakeSearchIndex) RefreshUser(_ context.Context, userID string) error {
	return index.record("user " + userID)
}

// TestUpdateSearchIndex checks that the jobs of a group run in order up to a failure,
// that the failed one and the rest of its group are reported, and that equal ones run once.
func TestUpdateSearchIndex(t *testing.T) {
	var batch events.SQSEvent
	for _, m := range [][3]string{
		{"1", "t", `{"ticketId":"t","entry":{"cause":"2","terms":["roof"],"staffOnly":["sara"]}}`},
		{"2", "bad", `{"ticketId":"bad","entry":{"cause":"2"}}`},
		{"3", "t", `{"ticketId":"t"}`},
		{"4", "bad", `{"ticketId":"bad"}`},
		{"5", "u", `{"userId":"u"}`}, {"9", "o", `{"ticketId":"o","entry":{"cause":"1","terms":["wall"]},"refresh":true}`},
		{"6", "x", `no job`}, {"7", "t", `{"ticketId":"t"}`}, {"8", "t", `{"ticketId":"t"}`},
	} {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: m[0], Body: m[2], Attributes: map[string]string{"MessageGroupId": m[1]}})
	}
	var index fakeSearchIndex
	out, err := worker.UpdateSearchIndex(&index, slog.New(slog.DiscardHandler))(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if !slices.Equal(failed, []string{"2", "4", "6"}) {
		t.Errorf("got failures %v, want 2, 4 and 6", failed)
	}
	if entry, removal := slices.Index(index.calls, "t 2: roof; sara"), slices.Index(index.calls, "refresh t"); entry < 0 || removal < entry {
		t.Errorf("got %q, want the entry before the refresh", index.calls)
	}
	refreshed := slices.DeleteFunc(slices.Clone(index.calls), func(call string) bool { return call != "refresh t" })
	if len(refreshed) != 1 {
		t.Errorf("got %d refreshes of a ticket with three, want 1", len(refreshed))
	}
	if !slices.Contains(index.calls, "user u") || !slices.Contains(index.calls, "open o 1: wall") || slices.Contains(index.calls, "refresh bad") {
		t.Errorf("got %q", index.calls)
	}
}
