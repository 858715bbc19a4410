package conformance

import (
	"reflect"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// equal compares two values and prints both when they differ.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

// equalTicket compares what heads tell of a ticket. Their revision counts writes,
// and an empty map is as good as none.
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

// wantCode checks that an error is of a kind.
func wantCode(t *testing.T, what string, err error, want apperr.Code) {
	t.Helper()
	if !apperr.Is(err, want) {
		t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

// must ends the test at an error that is none of its business.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
