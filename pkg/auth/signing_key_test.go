package auth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

func TestKeySet_RoundTrip(t *testing.T) {
	old, current := newPrivateKey(t), newPrivateKey(t)
	old.Until, current.From = noon, noon.Add(-time.Hour)
	again, err := auth.ParseKeySet(auth.KeySet{old, current}.Encode())
	if err != nil || len(again) != 2 || again[1].ID != current.ID || !again[1].Key.Equal(current.Key) || !again[0].Until.Equal(noon) || !again[1].From.Equal(current.From) {
		t.Errorf("got %v, %v", again, err)
	}
	keys, err := auth.ParsePublicKeys(again.Public().Encode())
	if err != nil || len(keys) != 2 || !keys[old.ID].Key.Equal(old.Public()) || !keys[old.ID].Until.Equal(noon) || !keys[current.ID].Until.IsZero() {
		t.Errorf("got %v, %v", keys, err)
	}
	if _, err := auth.NewKeySet(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("no error for 31 random bytes")
	}
}

func TestParseKeys_Invalid(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", "[{}]", `[{"kid":"a"}]`, `[{"kid":"a","seed":"c2hvcnQ="}]`, `[{"seed":"` + strings.Repeat("A", 43) + `="}]`} {
		if _, err := auth.ParseKeySet(text); err == nil {
			t.Errorf("ParseKeySet(%q): no error", text)
		} else if strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("the error contains the secret: %v", err)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"a":{"key":"c2hvcnQ="}}`, `{"":{"key":"` + strings.Repeat("A", 43) + `="}}`, `{"a":1}`} {
		if _, err := auth.ParsePublicKeys(text); err == nil {
			t.Errorf("ParsePublicKeys(%q): no error", text)
		}
	}
}

// TestKeySet_Rotate checks when the keys of a rotation sign and verify.
func TestKeySet_Rotate(t *testing.T) {
	first, err := auth.NewKeySet(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := first.Rotate(rand.Reader, noon)
	if err != nil || len(set) != 2 || set[0].ID != first[0].ID {
		t.Fatalf("got %v, %v", set, err)
	}
	signs, retires := noon.Add(auth.KeyActivation), set[0].Until
	if retires.Before(signs.Add(auth.KeyCacheTTL + auth.AccessTokenTTL)) {
		t.Errorf("retires at %v, before its last token ends", retires)
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{{noon, set[0].ID}, {signs.Add(-time.Millisecond), set[0].ID}, {signs, set[1].ID}, {retires.Add(time.Hour), set[1].ID}} {
		if got := set.Signing(c.at).ID; got != c.want {
			t.Errorf("at %v: key %s signs, want %s", c.at, got, c.want)
		}
	}
	if _, err := set.Rotate(rand.Reader, retires.Add(-time.Second)); !errors.Is(err, auth.ErrKeyRotation) {
		t.Errorf("a second rotation: got %v", err)
	}
	if next, err := set.Rotate(rand.Reader, retires); err != nil || len(next) != 2 || next[0].ID != set[1].ID {
		t.Errorf("the next rotation: got %v, %v", next, err)
	}
	token := issueToken(t, set[0])
	for at, want := range map[time.Time]apperr.Code{noon: "", retires: apperr.TokenExpired} {
		if _, err := auth.NewVerifier(nil, "stack", fixedClock(at)).Verify(token, set.Public()); codeOf(err) != want {
			t.Errorf("a token of the old key at %v: got %v, want %q", at, err, want)
		}
	}
	soon, err := set.Retire(signs.Add(auth.KeyCacheTTL - time.Second))
	if err == nil {
		t.Errorf("retired the old key while it signs: %v", soon)
	}
	if soon, err = set.Retire(signs.Add(auth.KeyCacheTTL)); err != nil || !soon[0].Until.Equal(signs.Add(auth.KeyCacheTTL)) {
		t.Errorf("got %v, %v", soon, err)
	}
	if _, err := auth.NewVerifier(nil, "stack", fixedClock(signs.Add(auth.KeyCacheTTL))).Verify(token, soon.Public()); codeOf(err) != apperr.TokenExpired {
		t.Errorf("a token of a key that was retired early: got %v", err)
	}
}

// TestSigner_Reads checks that the keys are read once a minute and kept if that fails.
func TestSigner_Reads(t *testing.T) {
	now, reads, failure := noon, 0, errors.New("store down")
	var log bytes.Buffer
	signer := auth.Signer{
		Read: func(context.Context) (string, error) {
			reads++
			return auth.KeySet{fixedKey(byte(reads))}.Encode(), failure
		},
		Name: "stack", Now: func() time.Time { return now }, NewID: func() string { return "j1" }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
	}
	for range 2 {
		if _, err := signer.Issuer(t.Context()); !errors.Is(err, failure) {
			t.Errorf("got %v, want the failure of the first read", err)
		}
	}
	failure = nil
	for _, step := range []struct {
		after time.Duration
		fails error
		reads int
	}{{0, nil, 3}, {auth.KeyCacheTTL - 1, nil, 3}, {1, nil, 4}, {auth.KeyCacheTTL, errors.New("store down"), 5}, {auth.KeyCacheTTL - 1, nil, 5}, {1, nil, 6}} {
		now, failure = now.Add(step.after), step.fails
		if _, err := signer.Issuer(t.Context()); err != nil || reads != step.reads {
			t.Errorf("%+v: %d reads, %v", step, reads, err)
		}
	}
	if !strings.Contains(log.String(), "signing keys not read again") || strings.Contains(log.String(), "seed") {
		t.Errorf("log: %s", log.String())
	}
}
