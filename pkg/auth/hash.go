package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrHash: a stored password hash is not a PHC string of argon2id.
var ErrHash = errors.New("malformed password hash")

// params are the cost of argon2id. A hash carries its own, so that they can be
// raised without locking anybody out.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// defaultParams is the OWASP recommendation (Password Storage Cheat Sheet): 19 MiB
// also fits the smallest function.
func defaultParams() params { return params{memory: 19 * 1024, time: 2, threads: 1} }

// maxParams bounds what a stored hash may ask for, so that a damaged one cannot
// exhaust a function's memory.
func maxParams() params { return params{memory: 64 * 1024, time: 8, threads: 4} }

// Lengths in bytes of the salt and the key of a hash.
const (
	saltLength = 16
	keyLength  = 32
)

// DummyHash is the hash of a password nobody knows. Verify against it when a
// number is unknown: the answer then takes as long as for a known one, and
// tells nothing.
const DummyHash = "$argon2id$v=19$m=19456,t=2,p=1$dGlja2V0c3lzdGVtLXNhbA$AdZw7GjU3PtZkWEk9tyJeqKrLZHn2K1JVrH0YTjBlRU"

// Hash makes the PHC string of a password under argon2id with a fresh salt.
// It fails only when random does.
func Hash(password string, random io.Reader) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, defaultParams().time, defaultParams().memory, defaultParams().threads, keyLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		defaultParams().memory, defaultParams().time, defaultParams().threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// Verify says whether password belongs to hash, in a time that does not depend
// on where they differ. The error is ErrHash when the hash cannot be read.
func Verify(hash, password string) (bool, error) {
	cost, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, cost.time, cost.memory, cost.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// parseHash takes a PHC string apart: $argon2id$v=19$m=..,t=..,p=..$salt$key.
func parseHash(hash string) (cost params, salt, key []byte, err error) {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return params{}, nil, nil, ErrHash
	}
	if _, err = fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &cost.memory, &cost.time, &cost.threads); err != nil || !cost.withinLimits() {
		return params{}, nil, nil, ErrHash
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil || len(salt) < 8 {
		return params{}, nil, nil, ErrHash
	}
	if key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(key) != keyLength {
		return params{}, nil, nil, ErrHash
	}
	return cost, salt, key, nil
}

func (p params) withinLimits() bool {
	return p.memory >= 8*uint32(p.threads) && p.memory <= maxParams().memory &&
		p.time >= 1 && p.time <= maxParams().time && p.threads >= 1 && p.threads <= maxParams().threads
}
