package conformance

import (
	"reflect"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

// same compares two values and prints both when they differ.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

// sameHead compares what heads tell of a ticket. Their revision counts writes,
// and an empty map is as good as none.
func sameHead(t *testing.T, got, want ticket.Head) {
	t.Helper()
	for _, h := range []*ticket.Head{&got, &want} {
		h.Revision = 0
		if len(h.Readers) == 0 {
			h.Readers = nil
		}
	}
	same(t, "head", got, want)
}

// refused checks that an error is of a kind.
func refused(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
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
