package realtime

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// ConnectTokens issues and redeems single-use connect tokens. The HTTP API
// calls them tickets.
type ConnectTokens struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
}

// Issue returns a single-use token that opens a socket for principal within
// connectTokenTTL. Browsers cannot send headers when opening a WebSocket, and
// an access token in the URL would be logged.
func (t *ConnectTokens) Issue(ctx context.Context, principal user.Principal) (token string, expires time.Time, err error) {
	var secret [24]byte
	if _, err := io.ReadFull(t.Random, secret[:]); err != nil {
		return "", time.Time{}, err
	}
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	expires = t.Now().Add(connectTokenTTL)
	principal.Name = nameKey(token).Seal(nameLabel, []byte(principal.Name), nil)
	return token, expires, t.Store.PutConnectToken(ctx, hashToken(token), principal, expires)
}

// Redeem consumes a token and returns its principal. It returns
// apperr.Unauthenticated if the token is unknown, expired or already used.
func (t *ConnectTokens) Redeem(ctx context.Context, token string) (user.Principal, error) {
	principal, found, err := t.Store.ConsumeConnectToken(ctx, hashToken(token))
	if err == nil && !found {
		err = apperr.New(apperr.Unauthenticated, "")
	}
	if err != nil {
		return user.Principal{}, err
	}
	name, err := nameKey(token).Open(nameLabel, principal.Name, nil)
	if err != nil {
		return user.Principal{}, apperr.Wrap(apperr.Unauthenticated, err)
	}
	principal.Name = string(name)
	return principal, nil
}

const nameLabel = "connect-token-name"

// nameKey returns the key that seals the name in a stored token. Only the token yields it,
// so a token that is never used does not show the name of a removed user.
func nameKey(token string) auth.SecretKey {
	sum := sha256.Sum256([]byte(nameLabel + token))
	key, err := auth.NewSecretKey(base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		panic(err) // impossible: the length is valid
	}
	return key
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
