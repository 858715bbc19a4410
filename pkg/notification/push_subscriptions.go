package notification

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// MaxPushSubscriptions is the maximum number of a user; the oldest are removed.
const MaxPushSubscriptions = 10

// The platforms of push subscriptions.
const (
	PlatformWeb     = "web"
	PlatformIOS     = "ios"
	PlatformAndroid = "android"
)

// PushSubscription permits to send push messages to one browser or phone, while the
// session lasts in which it was made.
type PushSubscription struct {
	ID        string // derived from the platform and the endpoint or token
	Platform  string
	Endpoint  string // URL of the push service, or ARN of the SNS platform endpoint
	P256dh    string // public key of a browser, base64url
	Auth      string // authentication secret of a browser, base64url
	Session   string // session family
	CreatedAt time.Time
}

// PushStore stores push subscriptions.
type PushStore interface {
	// PushSubscriptions returns the subscriptions of a user, the oldest first: those of
	// sessions that last, and those of sessions that have ended.
	PushSubscriptions(ctx context.Context, userID string) (live, ended []PushSubscription, err error)
	// AddPushSubscription stores a subscription or replaces the one with its ID. Returns
	// those that were removed because of the maximum. It fails with session_ended.
	AddPushSubscription(ctx context.Context, userID string, s PushSubscription) (added bool, removed []PushSubscription, err error)
	// RemovePushSubscriptions removes subscriptions by ID, and returns those that existed.
	RemovePushSubscriptions(ctx context.Context, userID string, ids ...string) ([]PushSubscription, error)
}

// PushPlatforms are the push services of phones.
type PushPlatforms interface {
	// Register returns the endpoint of a device token. It is safe to repeat. It fails with
	// ErrPushToken for an invalid token, and ErrPushPlatform if there is no such platform.
	Register(ctx context.Context, platform, token string) (endpoint string, err error)
	// Deregister deletes an endpoint. It succeeds if there is none.
	Deregister(ctx context.Context, endpoint string) error
}

// Errors of PushPlatforms.
var (
	ErrPushToken    = errors.New("invalid device token")
	ErrPushPlatform = errors.New("push platform is not configured")
)

// PushSubscriptions adds and removes push subscriptions.
type PushSubscriptions struct {
	Store     PushStore
	Platforms PushPlatforms
	Now       func() time.Time
	// Limiter counts the subscriptions that a user sends, each of which may register a phone and
	// rewrite all of them; nil permits all.
	Limiter *limit.Limiter
	// TestService is the origin of a push service that needs no https, or "".
	TestService string
}

// PushInput is what a client sends: a browser an endpoint with keys, a phone a token.
type PushInput struct{ Platform, Endpoint, P256dh, Auth, Token string }

// ID returns the id of the subscription.
func (in PushInput) ID() string {
	sum := sha256.Sum256([]byte(in.Platform + " " + in.Endpoint + in.Token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Subscribe stores a subscription of the actor's session. added is false if it existed.
// It fails with invalid_body, rate_limited, unavailable or session_ended, and is safe to repeat.
func (p *PushSubscriptions) Subscribe(ctx context.Context, actor user.Principal, in PushInput) (s PushSubscription, added bool, err error) {
	s = PushSubscription{
		ID: in.ID(), Platform: in.Platform, Endpoint: in.Endpoint, P256dh: in.P256dh, Auth: in.Auth, Session: actor.Session, CreatedAt: p.Now(),
	}
	if in.Platform == PlatformWeb {
		err = p.checkWeb(&s)
	}
	if err == nil {
		_, err = p.Limiter.Take(ctx, actor, 1)
	}
	if err == nil && in.Platform != PlatformWeb {
		s.Endpoint, err = p.register(ctx, in)
	}
	if err != nil {
		return s, false, err
	}
	added, removed, err := p.Store.AddPushSubscription(ctx, actor.UserID, s)
	if err != nil {
		return s, false, err
	}
	return s, added, p.deregister(ctx, removed)
}

func (p *PushSubscriptions) register(ctx context.Context, in PushInput) (string, error) {
	endpoint, err := p.Platforms.Register(ctx, in.Platform, in.Token)
	switch {
	case errors.Is(err, ErrPushToken):
		return "", apperr.Validation(apperr.Field{Pointer: "/token", Code: "malformed", Message: "Must be a device token of the platform."})
	case errors.Is(err, ErrPushPlatform):
		return "", apperr.New(apperr.Unavailable, "Push messages to this platform are not configured.")
	}
	return endpoint, err
}

// checkWeb validates the address and the keys of a browser. It converts the keys to
// base64url without padding.
func (p *PushSubscriptions) checkWeb(s *PushSubscription) error {
	var fields []apperr.Field
	if !p.permitsEndpoint(s.Endpoint) {
		fields = append(fields, apperr.Field{Pointer: "/endpoint", Code: "not_allowed", Message: "Must be the https address of a public push service."})
	}
	key, ok := decodeKey(&s.P256dh)
	if _, err := ecdh.P256().NewPublicKey(key); !ok || err != nil {
		fields = append(fields, apperr.Field{Pointer: "/keys/p256dh", Code: "malformed", Message: "Must be an uncompressed point of P-256 in base64url."})
	}
	if secret, ok := decodeKey(&s.Auth); !ok || len(secret) != 16 {
		fields = append(fields, apperr.Field{Pointer: "/keys/auth", Code: "malformed", Message: "Must be 16 bytes in base64url."})
	}
	if len(fields) > 0 {
		return apperr.Validation(fields...)
	}
	return nil
}

// decodeKey decodes base64 and writes it back as base64url without padding.
func decodeKey(text *string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(*text, "=")))
	*text = base64.RawURLEncoding.EncodeToString(raw)
	return raw, err == nil
}

// permitsEndpoint reports whether an address is https on port 443 of a host with a public
// name. The sender also refuses private addresses when it connects.
func (p *PushSubscriptions) permitsEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	if p.TestService != "" && u.Scheme+"://"+u.Host == p.TestService {
		return true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	name := host[strings.LastIndexByte(host, '.')+1:] // the top-level domain
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && name != host && strings.Trim(name, "0123456789") != "" &&
		net.ParseIP(host) == nil && name != "localhost" && name != "local" && name != "internal"
}

// Unsubscribe removes a subscription. It succeeds if there is none.
func (p *PushSubscriptions) Unsubscribe(ctx context.Context, userID string, in PushInput) error {
	return p.remove(ctx, userID, in.ID())
}

// RemoveAll removes the subscriptions of a deleted user. It is safe to repeat.
func (p *PushSubscriptions) RemoveAll(ctx context.Context, userID string) error {
	live, ended, err := p.Store.PushSubscriptions(ctx, userID)
	if err != nil {
		return err
	}
	all := slices.Concat(live, ended)
	if err := p.deregister(ctx, all); err != nil {
		return err // before the store forgets the endpoints
	}
	_, err = p.Store.RemovePushSubscriptions(ctx, userID, idsOf(all)...)
	return err
}

func (p *PushSubscriptions) remove(ctx context.Context, userID string, ids ...string) error {
	removed, err := p.Store.RemovePushSubscriptions(ctx, userID, ids...)
	if err != nil {
		return err
	}
	return p.deregister(ctx, removed)
}

// deregister deletes the endpoints of phones.
func (p *PushSubscriptions) deregister(ctx context.Context, list []PushSubscription) error {
	var errs []error
	for _, s := range list {
		if s.Platform != PlatformWeb {
			errs = append(errs, p.Platforms.Deregister(ctx, s.Endpoint))
		}
	}
	return errors.Join(errs...)
}

func idsOf(list []PushSubscription) []string {
	ids := make([]string, len(list))
	for n, s := range list {
		ids[n] = s.ID
	}
	return ids
}
