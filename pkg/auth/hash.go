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

// ErrHash is returned for a stored hash that is not a PHC string of argon2id.
var ErrHash = errors.New("malformed password hash")

// params are the cost parameters of argon2id. Each hash contains its parameters, so
// that raising the default does not invalidate stored hashes.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// defaultParams returns the OWASP recommendation (Password Storage Cheat Sheet). 19 MiB
// fits the smallest Lambda function.
func defaultParams() params { return params{memory: 19 * 1024, time: 2, threads: 1} }

// maxParams returns the largest accepted parameters, so that a damaged hash cannot
// exhaust the memory of a function.
func maxParams() params { return params{memory: 64 * 1024, time: 8, threads: 4} }

// The lengths of salt and key in bytes.
const (
	saltLength = 16
	keyLength  = 32
)

// DummyHash is the hash of an unknown password. Verifying against it for an unknown
// phone number takes as long as for a known one, so that the response time does not
// reveal which numbers have an account.
const DummyHash = "$argon2id$v=19$m=19456,t=2,p=1$dGlja2V0c3lzdGVtLXNhbA$AdZw7GjU3PtZkWEk9tyJeqKrLZHn2K1JVrH0YTjBlRU"

// Hash returns the PHC string of a password under argon2id with a new salt. It fails
// if random fails or the password has a character that CheckPassword rejects.
func Hash(password string, random io.Reader) (string, error) {
	password, err := preparePassword(password)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, defaultParams().time, defaultParams().memory, defaultParams().threads, keyLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		defaultParams().memory, defaultParams().time, defaultParams().threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// Verify reports whether password matches hash. The comparison takes constant time. It
// fails with ErrHash if the hash is malformed.
func Verify(hash, password string) (bool, error) {
	cost, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	prepared, prepareErr := preparePassword(password)
	if prepareErr != nil {
		prepared = password // hashed all the same: a rejection takes as long
	}
	got := argon2.IDKey([]byte(prepared), salt, cost.time, cost.memory, cost.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && prepareErr == nil, nil
}

// parseHash parses a PHC string: $argon2id$v=19$m=..,t=..,p=..$salt$key.
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
