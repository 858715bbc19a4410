// Package id generates and parses ids: ULIDs (github.com/ulid/spec), 26 characters of
// Crockford's base 32. The first ten characters are the Unix time in milliseconds, so
// ids sort by time.
package id

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/oklog/ulid/v2"
)

// alphabet is Crockford's base 32, without I, L, O and U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// length is the length of a ULID in characters.
const length = 26

// numberLength is the length of a Number without its hyphen.
const numberLength = 8

// Generator returns a new id at every call. It is safe for concurrent use.
type Generator func() string

// NewGenerator returns a generator with a clock and a source of randomness
// (crypto/rand.Reader). Its ids are strictly increasing, also within a millisecond and
// after the clock is set back. It panics if random fails, because a predictable id is
// worse than a failed request.
func NewGenerator(now func() time.Time, random io.Reader) Generator {
	var (
		lock    sync.Mutex
		last    uint64
		entropy = ulid.Monotonic(random, 0)
	)
	return func() string {
		lock.Lock()
		defer lock.Unlock()
		last = max(last, ulid.Timestamp(now()))
		return ulid.MustNew(last, entropy).String()
	}
}

// Valid reports whether s is a ULID in canonical, upper-case form.
func Valid(s string) bool {
	if len(s) != length || s[0] > '7' { // 26 characters hold 130 bits, a ULID has 128
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Parse returns the canonical form of an id in upper or lower case. It returns false if
// s is not a ULID.
func Parse(s string) (string, bool) {
	if len(s) != length {
		return "", false
	}
	canonical := strings.ToUpper(s)
	if !Valid(canonical) {
		return "", false
	}
	return canonical, true
}

// Canonical returns the canonical form of an id in upper or lower case, and any other text
// unchanged.
func Canonical(s string) string {
	if canonical, ok := Parse(s); ok {
		return canonical
	}
	return s
}

// ParseClientID returns the canonical form of a client id, by which equal ids are equal: of a
// ULID in upper case, of a UUID (RFC 9562) in lower case. It returns false for other texts.
func ParseClientID(s string) (string, bool) {
	if canonical, ok := Parse(s); ok {
		return canonical, true
	}
	canonical := strings.ToLower(s)
	_, ok := parseUUID(canonical)
	if !ok {
		return "", false
	}
	return canonical, true
}

// parseUUID returns the bytes of a UUID in canonical form: 8-4-4-4-12 lower-case hex digits.
func parseUUID(s string) (u ulid.ULID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || s != strings.ToLower(s) {
		return u, false
	}
	n, err := hex.Decode(u[:], []byte(strings.ReplaceAll(s, "-", "")))
	return u, err == nil && n == len(u)
}

// ClientIDFromKey returns the client id of a request without one: a UUID of version 8, a
// function of the operation and of the request's Idempotency-Key.
func ClientIDFromKey(operation, key string) string {
	sum := digest([]string{operation, key})
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	text := hex.EncodeToString(sum[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// Derive returns an id that is a function of its arguments: the first 48 bits of clientID (the
// time of a ULID) and 80 bits of a SHA-256 over clientID and parts. It returns "" if clientID
// is not a client id in canonical form.
// Ticket ids are derived from the author and the clientId, so that a retried create
// finds the first ticket under its own key.
func Derive(clientID string, parts ...string) string {
	derived, ok := parseUUID(clientID)
	if Valid(clientID) {
		derived, ok = ulid.MustParse(clientID), true
	}
	if !ok {
		return ""
	}
	copy(derived[6:], digest(append([]string{clientID}, parts...))) // the first 6 bytes are the time
	return derived.String()
}

// FromCause returns an id that is a function of t and parts. Items that are created for
// an event have it as their key, so that a repeated event creates them once.
func FromCause(t time.Time, parts ...string) string {
	var made ulid.ULID
	_ = made.SetTime(ulid.Timestamp(t)) // fails in the year 10889
	copy(made[6:], digest(parts))
	return made.String()
}

// First returns the first ULID of a millisecond in their order.
func First(t time.Time) string {
	var first ulid.ULID
	_ = first.SetTime(ulid.Timestamp(t)) // fails in the year 10889
	return first.String()
}

// digest returns a SHA-256 over all parts.
func digest(parts []string) []byte {
	hash := sha256.New()
	for _, part := range parts {
		// Length prefixes distinguish ("ab", "c") from ("a", "bc").
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash never fails to write
		_, _ = io.WriteString(hash, part)
	}
	return hash.Sum(nil)
}

// Number returns the short number of a ticket that users read out on the phone, such as
// "K7M2-9QXD": the last eight characters of the id. It returns "" if the id is not
// Valid. Numbers are not unique (40 bits), so they are not keys.
func Number(ticketID string) string {
	if !Valid(ticketID) {
		return ""
	}
	tail := ticketID[length-numberLength:]
	return tail[:numberLength/2] + "-" + tail[numberLength/2:]
}

// ParseNumber returns the form of Number of a number as people type it: in upper or lower case,
// with any separators, with the letters O, I and L for digits. It returns false for other texts.
func ParseNumber(s string) (number string, ok bool) {
	var digits []rune
	for _, r := range strings.ToUpper(s) {
		switch {
		case r == 'O':
			r = '0'
		case r == 'I', r == 'L':
			r = '1'
		case strings.ContainsRune("#_.\t\u2212", r), unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf):
			continue
		}
		if !strings.ContainsRune(alphabet, r) {
			return "", false
		}
		digits = append(digits, r)
	}
	if len(digits) != numberLength {
		return "", false
	}
	return string(digits[:numberLength/2]) + "-" + string(digits[numberLength/2:]), true
}

// Time returns the time of a ULID or of a UUID of version 7 in milliseconds, or the zero time
// if s is neither.
func Time(s string) time.Time {
	parsed, err := ulid.ParseStrict(s)
	if u, ok := parseUUID(s); ok && s[14] == '7' {
		parsed, err = u, nil
	}
	if err != nil {
		return time.Time{}
	}
	return parsed.Timestamp().UTC()
}
