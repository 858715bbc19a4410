// Package id makes and reads the ids of the system: ULIDs
// (github.com/ulid/spec), 26 Crockford characters of which the first ten are
// milliseconds since 1970, so that ids sort by time.
package id

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// alphabet is Crockford's base 32: no I, L, O or U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// length of a ULID in characters.
const length = 26

// Generator makes a new id at every call. It is safe for concurrent use.
type Generator func() string

// NewGenerator makes ids from a clock and a source of randomness (crypto/rand.Reader).
// Ids of one source always grow, also within a millisecond and when the clock
// is set back. A source of randomness that fails makes it panic: an id that
// can be guessed is worse than a failed request.
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

// Valid says whether s is a ULID in its canonical, upper-case form.
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

// Parse reads an id that a client sent, upper or lower case, and gives its
// canonical form. It is false when s is no ULID.
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

// Derive makes an id that is always the same for the same input: the time of
// clientID and 80 bits of a SHA-256 over clientID and parts. A ticket's id is
// derived from its author and his clientId, so that the repeat of a create
// finds the first ticket under its own key, without a marker item.
//
// clientID must be Valid; anything else gives "", which is no id.
func Derive(clientID string, parts ...string) string {
	parsed, err := ulid.ParseStrict(clientID)
	if err != nil || !Valid(clientID) {
		return ""
	}
	derived := parsed
	copy(derived[6:], digest(append([]string{clientID}, parts...))) // the first 6 bytes are the time
	return derived.String()
}

// FromCause makes an id that is always the same for the same time and parts. What
// follows from one cause has it as its key, so that it is made once however
// often the cause is told.
func FromCause(t time.Time, parts ...string) string {
	var made ulid.ULID
	_ = made.SetTime(ulid.Timestamp(t)) // fails in the year 10889
	copy(made[6:], digest(parts))
	return made.String()
}

// digest is a SHA-256 over all parts.
func digest(parts []string) []byte {
	hash := sha256.New()
	for _, part := range parts {
		// The length in front keeps ("ab", "c") and ("a", "bc") apart.
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash never fails to write
		_, _ = io.WriteString(hash, part)
	}
	return hash.Sum(nil)
}

// Number is the short code of a ticket that people read to each other on the
// phone: eight characters of the random part, "K7M2-9QXD". It is the tail of
// the id, because ids made within one millisecond share the front of theirs.
// Two tickets may share a number (40 bits): nothing is stored under it.
// It is "" for an id that is not Valid.
func Number(ticketID string) string {
	if !Valid(ticketID) {
		return ""
	}
	tail := ticketID[length-8:]
	return tail[:4] + "-" + tail[4:]
}

// Time is the time in a ULID, as its maker's clock had it, to the millisecond.
// It is the zero time for what is no ULID.
func Time(s string) time.Time {
	parsed, err := ulid.ParseStrict(s)
	if err != nil {
		return time.Time{}
	}
	return parsed.Timestamp().UTC()
}
