package conformance

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// equal reports an error if got and want differ.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

// equalTicket compares two tickets. It ignores the revision, and treats an empty map as
// nil.
func equalTicket(t *testing.T, got, want ticket.Ticket) {
	t.Helper()
	for _, tk := range []*ticket.Ticket{&got, &want} {
		tk.Revision = 0
		if len(tk.Readers) == 0 {
			tk.Readers = nil
		}
	}
	equal(t, "head", got, want)
}

// withReadPositions returns a stored ticket with the read positions of want that leave as many
// messages unread as the stored ones. Such a position is stored with the next change.
func withReadPositions(stored, want ticket.Ticket) ticket.Ticket {
	readers := maps.Clone(stored.Readers)
	for id, reader := range want.Readers {
		if stored.UnreadFor(user.Principal{UserID: id}) == reader.Unread {
			if readers == nil {
				readers = map[string]ticket.Reader{}
			}
			readers[id] = reader
		}
	}
	stored.Readers = readers
	return stored
}

// wantCode reports an error unless err has the code want.
func wantCode(t *testing.T, what string, err error, want apperr.Code) {
	t.Helper()
	if !apperr.Is(err, want) {
		t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

// must ends the test if err is not nil.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await waits until check returns nil. It is for what DynamoDB may show late: the state of
// an index, or of a read that is not strongly consistent.
func await(t *testing.T, check func() error) {
	t.Helper()
	err := check()
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); err = check() {
		time.Sleep(20 * time.Millisecond)
	}
	must(t, err)
}
