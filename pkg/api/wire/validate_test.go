package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
)

// TestNewProblem_Names checks that names that a client has sent cannot reorder the texts of a
// problem.
func TestNewProblem_Names(t *testing.T) {
	err := apperr.From(wire.Decode([]byte(`{"a\u202eb\u0007\u2066 ":1}`), &struct{}{}))
	got := wire.NewProblem(err, "en", "/x\u202ey", "1")
	if want := "ab : Unknown field."; got.Detail != want || got.Errors[0].Pointer != "/ab " || got.Instance != "/xy" {
		t.Errorf("got %q at %q in %q, want %q", got.Detail, got.Errors[0].Pointer, got.Instance, want)
	}
}

// TestNewProblem_Size checks that the size of a problem document does not follow from that of a body
// with many invalid fields, or with a long name.
func TestNewProblem_Size(t *testing.T) {
	var v wire.Validator
	for n := range 40_000 {
		v.Add(fmt.Sprintf("/tags/%d/%s", n, strings.Repeat("ی", 1000)), "not_visible", "")
	}
	err := apperr.From(v.Err())
	text, marshalErr := wire.Marshal(wire.NewProblem(err, "fa", "/tickets", "1"))
	if marshalErr != nil || len(err.Fields) != 100 || len(text) > 64<<10 {
		t.Errorf("got %d fields, %d bytes, %v", len(err.Fields), len(text), marshalErr)
	}
}
