package id_test

import (
	"testing"

	"ticketsystem/pkg/id"
)

// FuzzParse checks that an id has one canonical form, and that derived ids are valid.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5Fſ"} {
		f.Add(s, "part")
	}
	f.Fuzz(func(t *testing.T, s, part string) {
		got, ok := id.Parse(s)
		if ok != id.Valid(got) || !ok && got != "" {
			t.Errorf("%q: got %q, %v", s, got, ok)
		}
		if again, _ := id.Parse(got); again != got {
			t.Errorf("%q: got %q, parsed again %q", s, got, again)
		}
		if derived := id.Derive(s, part); (derived != "") != id.Valid(s) || derived != "" && !id.Valid(derived) {
			t.Errorf("%q: derived %q", s, derived)
		}
	})
}
