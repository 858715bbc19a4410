package auth_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"ticketsystem/pkg/auth"
)

func newEdge(t *testing.T) auth.Edge {
	t.Helper()
	edge, err := auth.NewEdge(newKey(t).EdgeKey())
	if err != nil {
		t.Fatal(err)
	}
	return edge
}

func TestMACSeparatesItsParts(t *testing.T) {
	edge, other := newEdge(t), newEdge(t)
	if !bytes.Equal(edge.MAC("code", "a", "b"), edge.MAC("code", "a", "b")) {
		t.Error("the same input gave two MACs")
	}
	seen := map[string]int{}
	for i, mac := range [][]byte{
		edge.MAC("code", "ab", "c"), edge.MAC("code", "a", "bc"), edge.MAC("code", "abc"), edge.MAC("code", "abc", ""),
		edge.MAC("code"), edge.MAC("cursor", "abc"), other.MAC("code", "abc"),
	} {
		if before, double := seen[string(mac)]; double || len(mac) != 32 {
			t.Errorf("MACs %d and %d: the same, or not 32 bytes", before, i)
		}
		seen[string(mac)] = i
	}
}

func TestSealRoundTrip(t *testing.T) {
	edge := newEdge(t)
	for _, text := range []string{"", "cursor", "متن"} {
		sealed := edge.Seal("cursor", []byte(text), []byte("me"))
		got, err := edge.Open("cursor", sealed, []byte("me"))
		if err != nil || string(got) != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
		if again := edge.Seal("cursor", []byte(text), []byte("me")); again == sealed {
			t.Error("sealing twice gave the same text")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	edge := newEdge(t)
	sealed := edge.Seal("cursor", []byte("page 2"), []byte("me"))
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"other label": func() ([]byte, error) { return edge.Open("code", sealed, []byte("me")) },
		"other aad":   func() ([]byte, error) { return edge.Open("cursor", sealed, []byte("you")) },
		"other key":   func() ([]byte, error) { return newEdge(t).Open("cursor", sealed, []byte("me")) },
		"one bit": func() ([]byte, error) {
			return edge.Open("cursor", base64.RawURLEncoding.EncodeToString(raw), []byte("me"))
		},
		"cut":     func() ([]byte, error) { return edge.Open("cursor", sealed[:8], []byte("me")) },
		"empty":   func() ([]byte, error) { return edge.Open("cursor", "", []byte("me")) },
		"no text": func() ([]byte, error) { return edge.Open("cursor", "!!", []byte("me")) },
	} {
		if got, err := open(); !errors.Is(err, auth.ErrSeal) || got != nil {
			t.Errorf("%s: got %q, %v, want ErrSeal", name, got, err)
		}
	}
}

func TestNewEdgeRefuses(t *testing.T) {
	for _, text := range []string{"", "!", "c2hvcnQ=", base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := auth.NewEdge(text); !errors.Is(err, auth.ErrEdgeKey) {
			t.Errorf("NewEdge(%q): got %v, want ErrEdgeKey", text, err)
		}
	}
}
