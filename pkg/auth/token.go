// Package auth holds what proves who somebody is: password hashes, access
// tokens, and the symmetric key of the edge.
package auth

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// AccessTokenTTL is how long an access token lives.
const AccessTokenTTL = 15 * time.Minute

const (
	audience = "ticketsystem"
	// tokenType keeps a token of another purpose from passing as an access
	// token (RFC 9068, section 2.1).
	tokenType = "at+jwt"
	// leeway for clocks that do not quite agree.
	leeway = 5 * time.Second
)

// claims are the body of an access token: RFC 7519's own, and the principal.
type claims struct {
	jwt.RegisteredClaims
	Role    user.Role `json:"role"`
	Name    string    `json:"name,omitempty"`
	Phone   string    `json:"phone_number,omitempty"`
	Locale  string    `json:"locale,omitempty"`
	Session string    `json:"sid,omitempty"`
	// IssuedMillis is iat to the millisecond: a token of the second in which
	// older ones were revoked must be told from those.
	IssuedMillis int64 `json:"iat_ms,omitempty"`
}

// Issuer signs access tokens. Only functions that can read the private key
// have one.
type Issuer struct {
	key    PrivateKey
	issuer string
	now    func() time.Time
	newID  func() string
}

// NewIssuer makes an Issuer. issuer is the `iss` of its tokens, newID makes
// their `jti`.
func NewIssuer(key PrivateKey, issuer string, now func() time.Time, newID func() string) *Issuer {
	return &Issuer{key: key, issuer: issuer, now: now, newID: newID}
}

// Issue makes an access token for p and says how many seconds it lives.
func (i *Issuer) Issue(p user.Principal) (token string, expiresIn int, err error) {
	now := i.now()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    i.issuer,
			Subject:   p.UserID,
			Audience:  jwt.ClaimStrings{audience},
			ExpiresAt: jwt.NewNumericDate(now.Add(AccessTokenTTL)),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
			ID:        i.newID(),
		},
		Role: p.Role, Name: p.Name, Phone: p.Phone, Locale: p.Locale, Session: p.Session, IssuedMillis: now.UnixMilli(),
	})
	unsigned.Header["typ"] = tokenType
	unsigned.Header["kid"] = i.key.ID
	token, err = unsigned.SignedString(i.key.Key)
	if err != nil {
		return "", 0, fmt.Errorf("signing an access token: %w", err)
	}
	return token, int(AccessTokenTTL / time.Second), nil
}

// Verifier checks access tokens. It needs public keys alone.
type Verifier struct {
	keys   map[string]ed25519.PublicKey
	parser *jwt.Parser
}

// NewVerifier makes a Verifier from public keys by their `kid`; two at once
// while a key is being replaced.
func NewVerifier(keys map[string]ed25519.PublicKey, issuer string, now func() time.Time) *Verifier {
	return &Verifier{keys: keys, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), // never what the token itself asks for
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(),
	)}
}

// Verify gives the principal of an access token. Errors: token_expired for one
// that was good until its time ran out, unauthenticated for all others.
func (v *Verifier) Verify(token string) (user.Principal, error) {
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, v.keyFunc)
	switch {
	case expiredOnly(err):
		return user.Principal{}, apperr.Wrap(apperr.TokenExpired, err)
	case err != nil:
		return user.Principal{}, apperr.Wrap(apperr.Unauthenticated, err)
	}
	return user.Principal{
		UserID: c.Subject, Role: c.Role, Name: c.Name, Phone: c.Phone, Locale: c.Locale, Session: c.Session, IssuedAt: c.issuedAt(),
	}, nil
}

func (c claims) issuedAt() time.Time {
	if c.IssuedMillis != 0 {
		return time.UnixMilli(c.IssuedMillis).UTC()
	}
	return c.IssuedAt.UTC()
}

// keyFunc finds the key a token was signed with, after a look at its header.
func (v *Verifier) keyFunc(token *jwt.Token) (any, error) {
	if typ, _ := token.Header["typ"].(string); typ != tokenType {
		return nil, errors.New("not an access token")
	}
	if _, critical := token.Header["crit"]; critical {
		return nil, errors.New("critical header that is not understood") // RFC 7515, section 4.1.11
	}
	kid, _ := token.Header["kid"].(string)
	key, known := v.keys[kid]
	if !known {
		return nil, errors.New("unknown kid")
	}
	return key, nil
}

// Validate is called by the parser, next to its own checks.
func (c claims) Validate() error {
	if c.Subject == "" || c.ID == "" || c.IssuedAt == nil || !c.Role.Valid() {
		return jwt.ErrTokenRequiredClaimMissing
	}
	return nil
}

// expiredOnly tells a token that only ran out of time. The parser joins all
// it found, and a foreign token that is also old is foreign first.
func expiredOnly(err error) bool {
	if !errors.Is(err, jwt.ErrTokenExpired) {
		return false
	}
	for _, worse := range []error{
		jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued,
	} {
		if errors.Is(err, worse) {
			return false
		}
	}
	return true
}
