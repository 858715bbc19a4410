// Package auth implements password hashes, access tokens, and the symmetric
// application key.
package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// AccessTokenTTL is the lifetime of an access token.
const AccessTokenTTL = 15 * time.Minute

const (
	audience = "ticketsystem"
	// tokenType distinguishes access tokens from tokens of other purposes (RFC 9068,
	// section 2.1).
	tokenType = "at+jwt"
	// leeway tolerates differences between the clocks of issuer and verifier.
	leeway = 5 * time.Second
)

// claims are the body of an access token: the registered claims of RFC 7519 and the
// principal.
type claims struct {
	jwt.RegisteredClaims
	Role    user.Role `json:"role"`
	Name    string    `json:"name,omitempty"`
	Phone   int       `json:"pv,omitempty"` // version of the phone number
	Locale  string    `json:"locale,omitempty"`
	Session string    `json:"sid,omitempty"`
	// IssuedMillis is Principal.IssuedAt. A revocation must not revoke tokens that
	// are issued later in the same second.
	IssuedMillis int64 `json:"iat_ms,omitempty"`
}

// Issuer signs access tokens with the private key.
type Issuer struct {
	key    PrivateKey
	issuer string
	now    func() time.Time
	newID  func() string
}

// NewIssuer returns an Issuer. issuer is the `iss` of its tokens; newID generates
// their `jti`.
func NewIssuer(key PrivateKey, issuer string, now func() time.Time, newID func() string) *Issuer {
	return &Issuer{key: key, issuer: issuer, now: now, newID: newID}
}

// Issue returns an access token for p and its lifetime in seconds. p.IssuedAt is when the rights
// of p began to be read, so that a revocation since then voids the token; zero is now.
func (i *Issuer) Issue(p user.Principal) (token string, expiresIn int, err error) {
	now := i.now()
	if p.IssuedAt.IsZero() {
		p.IssuedAt = now
	}
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
		Role: p.Role, Name: p.Name, Phone: p.PhoneVersion, Locale: p.Locale, Session: p.Session, IssuedMillis: p.IssuedAt.UnixMilli(),
	})
	unsigned.Header["typ"] = tokenType
	unsigned.Header["kid"] = i.key.ID
	token, err = unsigned.SignedString(i.key.Key)
	if err != nil {
		return "", 0, fmt.Errorf("signing an access token: %w", err)
	}
	return token, int(AccessTokenTTL / time.Second), nil
}

// Verifier verifies access tokens with public keys.
type Verifier struct {
	keys      PublicKeys
	now       func() time.Time
	parser    *jwt.Parser
	validator *jwt.Validator // of the claims of a known token
	known     signedTokens
}

// NewVerifier returns a Verifier. keys are used until others are published.
func NewVerifier(keys PublicKeys, issuer string, now func() time.Time) *Verifier {
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), // not the algorithm that the token names
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(),
	}
	return &Verifier{keys: keys, now: now, parser: jwt.NewParser(options...), validator: jwt.NewValidator(options...)}
}

// Verify returns the principal of an access token that one of the published keys signed. It
// fails with token_expired if the token is valid but expired, or its key is retired, and with
// unauthenticated for any other token.
func (v *Verifier) Verify(token string, published PublicKeys) (user.Principal, error) {
	if len(published) == 0 {
		published = v.keys
	}
	signed, err := v.check(token, published)
	until := published[signed.kid].Until
	retired := !until.IsZero() && !v.now().Before(until)
	switch {
	case err == nil && retired:
		return user.Principal{}, apperr.Wrap(apperr.TokenExpired, errors.New("retired key"))
	case expiredOnly(err):
		return user.Principal{}, apperr.Wrap(apperr.TokenExpired, err)
	case err != nil:
		return user.Principal{}, apperr.Wrap(apperr.Unauthenticated, err)
	}
	c := signed.claims
	return user.Principal{
		UserID: c.Subject, Role: c.Role, Name: c.Name, PhoneVersion: c.Phone, Locale: c.Locale, Session: c.Session, IssuedAt: c.issuedAt(),
	}, nil
}

// check returns a token that one of the keys signed and whose claims are valid. The signature of
// a token is checked once.
func (v *Verifier) check(token string, keys PublicKeys) (signedToken, error) {
	hash := sha256.Sum256([]byte(token))
	if s, known := v.known.get(hash); known && s.key.Equal(keys[s.kid].Key) {
		return s, v.validator.Validate(s.claims)
	}
	var s signedToken
	_, err := v.parser.ParseWithClaims(token, &s.claims, func(token *jwt.Token) (any, error) {
		key, err := findKey(token, keys)
		s.kid, _ = token.Header["kid"].(string)
		s.key = key.Key
		return s.key, err
	})
	if err == nil {
		v.known.add(hash, s)
	}
	return s, err
}

// issuedAt returns the issue time in milliseconds if the token has it, else in seconds.
func (c claims) issuedAt() time.Time {
	if c.IssuedMillis != 0 {
		return time.UnixMilli(c.IssuedMillis).UTC()
	}
	return c.IssuedAt.UTC()
}

// findKey checks the header of a token and returns the key that its kid names.
func findKey(token *jwt.Token, keys PublicKeys) (PublicKey, error) {
	if typ, _ := token.Header["typ"].(string); typ != tokenType {
		return PublicKey{}, errors.New("not an access token")
	}
	if _, critical := token.Header["crit"]; critical {
		return PublicKey{}, errors.New("unsupported critical header") // RFC 7515, section 4.1.11
	}
	kid, _ := token.Header["kid"].(string)
	key, known := keys[kid]
	if !known {
		return PublicKey{}, errors.New("unknown kid")
	}
	return key, nil
}

// Validate checks the claims that the parser does not check. The parser calls it.
func (c claims) Validate() error {
	if c.Subject == "" || c.ID == "" || c.IssuedAt == nil || !c.Role.Valid() {
		return jwt.ErrTokenRequiredClaimMissing
	}
	return nil
}

// IsPastExpiry reports whether an error of Verify is of a token whose time is over.
func IsPastExpiry(err error) bool {
	return apperr.Is(err, apperr.TokenExpired) && errors.Is(err, jwt.ErrTokenExpired)
}

// expiredOnly reports whether expiry is the only defect of a token. The parser joins
// all errors that it finds.
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
