package id_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/id"
)

const client = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func TestGenerator_Monotonic(t *testing.T) {
	clock := time.UnixMilli(1_700_000_000_000)
	next := id.NewGenerator(func() time.Time { return clock }, rand.Reader)
	ids := make([]string, 0, 300)
	for i := range 300 {
		if i == 200 {
			clock = clock.Add(-time.Hour)
		}
		ids = append(ids, next())
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 300 {
		t.Error("ids of one generator are not strictly increasing")
	}
	if got, want := ids[0][:10], "01HF7YAT00"; got != want { // encoded according to the ULID specification
		t.Errorf("time of the id: got %s, want %s", got, want)
	}
}

func TestGenerator_Concurrent(t *testing.T) {
	next := id.NewGenerator(time.Now, rand.Reader)
	var (
		group sync.WaitGroup
		seen  sync.Map
	)
	for range 8 {
		group.Go(func() {
			for range 500 {
				newID := next()
				if _, double := seen.LoadOrStore(newID, true); double || !id.Valid(newID) {
					t.Errorf("duplicate or invalid id %q", newID)
				}
			}
		})
	}
	group.Wait()
}

func TestParse(t *testing.T) {
	cases := []struct {
		raw       string
		canonical bool
		want      string
	}{
		{client, true, client},
		{"7ZZZZZZZZZZZZZZZZZZZZZZZZZ", true, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
		{strings.ToLower(client), false, client},
		{"8ZZZZZZZZZZZZZZZZZZZZZZZZZ", false, ""},
		{"01ARZ3NDEKTSV4RRFFQ69G5FAI", false, ""},
		{"01ARZ3NDEKTSV4RRFFQ69G5FAO", false, ""},
		{"01ARZ3NDEKTSV4RRFFQ69G5FAU", false, ""},
		{client[1:], false, ""},
		{client + "0", false, ""},
		{" " + client[1:], false, ""},
		{"01ARZ3NDEKTSV4RRFFQ69G5Fſ", false, ""}, // 26 bytes; long s becomes S in upper case
		{"", false, ""},
	}
	for _, c := range cases {
		got, ok := id.Parse(c.raw)
		if got != c.want || ok != (c.want != "") || id.Valid(c.raw) != c.canonical {
			t.Errorf("%q: Parse %q, %v, Valid %v; want %q, Valid %v", c.raw, got, ok, id.Valid(c.raw), c.want, c.canonical)
		}
	}
}

func TestDerive(t *testing.T) {
	first := id.Derive(client, "user-1")
	if !id.Valid(first) || first[:10] != client[:10] {
		t.Errorf("got %q, want a ULID with the time of %q", first, client)
	}
	if again := id.Derive(client, "user-1"); again != first {
		t.Errorf("equal inputs returned %q and %q", first, again)
	}
	seen := map[string][]string{}
	for _, parts := range [][]string{nil, {"user-1"}, {"user-2"}, {"a", "bc"}, {"ab", "c"}, {"abc"}, {"abc", ""}, {"", "abc"}} {
		newID := id.Derive(client, parts...)
		if before, double := seen[newID]; double {
			t.Errorf("%q and %q derive the same id", before, parts)
		}
		seen[newID] = parts
	}
	for _, wrong := range []string{"", "nonsense", strings.ToLower(client)} {
		if got := id.Derive(wrong, "user-1"); got != "" {
			t.Errorf("Derive(%q): got %q, want \"\"", wrong, got)
		}
	}
}

func TestParseClientID(t *testing.T) {
	const uuid = "0198e0a2-7c1d-7abc-8def-0123456789ab"
	for _, c := range []struct{ raw, want string }{
		{strings.ToLower(client), client},
		{uuid, uuid},
		{strings.ToUpper(uuid), uuid},
		{"0198E0a2-7c1D-7abc-8deF-0123456789aB", uuid},
		{strings.ReplaceAll(uuid, "-", ""), ""},
		{"{" + uuid + "}", ""},
		{"urn:uuid:" + uuid, ""},
		{uuid[:35], ""},
		{uuid[:35] + "g", ""},
		{"0198e0a2-7c1d-7abc-8def0-123456789ab", ""},
		{"0198e0a2-7c1d-7abc-8de--0123456789ab", ""},
		{"0198e0a2-7c1d-7abc-8def-0123456789K", ""}, // the Kelvin sign becomes k in lower case
		{"", ""},
	} {
		if got, ok := id.ParseClientID(c.raw); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q, %v, want %q", c.raw, got, ok, c.want)
		}
	}
	if got := id.Time(uuid); !got.Equal(time.UnixMilli(0x0198e0a27c1d)) {
		t.Errorf("time of version 7: got %s", got)
	}
	if got := id.Time("0198e0a2-7c1d-4abc-8def-0123456789ab"); !got.IsZero() {
		t.Errorf("time of version 4: got %s, want none", got)
	}
	if first, other := id.Derive(uuid, "sara"), id.Derive(uuid, "reza"); !id.Valid(first) || !id.Valid(other) || first == other || id.Derive(strings.ToUpper(uuid), "sara") != "" {
		t.Errorf("derived %q and %q", first, other)
	}
	first := id.ClientIDFromKey("messages", "k1")
	if parsed, ok := id.ParseClientID(first); !ok || parsed != first || first[14] != '8' || first != id.ClientIDFromKey("messages", "k1") {
		t.Errorf("from a key: got %q", first)
	}
	if first == id.ClientIDFromKey("messages", "k2") || first == id.ClientIDFromKey("close", "k1") {
		t.Error("another key or operation gives the same client id")
	}
}

func TestNumber(t *testing.T) {
	for ticket, want := range map[string]string{client: "Q69G-5FAV", "x": ""} {
		if got := id.Number(ticket); got != want {
			t.Errorf("Number(%q): got %q, want %q", ticket, got, want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for typed, want := range map[string]string{
		"Q69G-5FAV": "Q69G-5FAV", "q69g5fav": "Q69G-5FAV", " #q69g \u2013 5fav\u200f": "Q69G-5FAV", "q 6 9 g_5.f.a.v": "Q69G-5FAV",
		"OIL0-1oil": "0110-1011", "Q69G-5FA": "", "Q69G-5FAVA": "", "Q69G-5FAU": "", "Q69G-5FA\u00e9": "", "": "",
	} {
		if got, ok := id.ParseNumber(typed); got != want || ok != (want != "") {
			t.Errorf("ParseNumber(%q): got %q, %v, want %q", typed, got, ok, want)
		}
	}
}
