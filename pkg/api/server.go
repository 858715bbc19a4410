// Package api implements the HTTP endpoints: authentication, decoding, validation and
// encoding. It is the only place that converts errors to HTTP problem documents.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/user"
)

// Server runs endpoints. Fields that the endpoint does not use may be zero.
type Server struct {
	Authenticator *account.Authenticator // required unless the endpoint is public
	Key           auth.SecretKey         // seals cursors, idempotency records and picture URLs
	Idempotency   idempotency.Store      // nil disables Idempotency-Key
	Log           *slog.Logger
	Requests      *requestlog.Logger // nil logs no requests
	Now           func() time.Time

	// BaseURL is the URL of the API if it is not the domain of API Gateway.
	BaseURL string
	// CDNSecretHashes are the SHA-256 hashes, in hex, of the secrets that our CDN sends.
	CDNSecretHashes []string
	// AllowedOrigins are the origins of pages, besides that of the API.
	AllowedOrigins []string
	// ReopenWindow is that of ticket.Service.
	ReopenWindow time.Duration
	// KeysPerIP is how many requests with an Idempotency-Key an IP address may send in 10 minutes
	// without credentials. In those above, the key has no effect.
	KeysPerIP int

	keyCounts keyCounts
	gzips     gzips
}

// HTTP returns the Lambda handler of an endpoint behind an HTTP API (payload format 2.0).
// Errors of the endpoint become problem documents.
func (s *Server) HTTP(e Endpoint) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		start, r := s.Requests.Start(), newRequest(event)
		ctx = requestlog.WithID(ctx, r.ID)
		r.key, r.now, r.allowedOrigins, r.reopenWindow = s.Key, s.Now, s.AllowedOrigins, s.ReopenWindow
		r.address = s.clientAddress(event)
		r.baseURL = cmp.Or(strings.TrimSuffix(s.BaseURL, "/"), r.gatewayURL())
		response, err := s.handle(ctx, e, r)
		if err != nil {
			problem := s.problemResponse(ctx, r, err)
			for name, value := range response.Headers {
				problem = problem.with(name, value)
			}
			response = problem
		}
		if r.extended {
			response = r.extendCookie(response)
		}
		if r.cookie != "" && r.Method == http.MethodGet && !strings.HasPrefix(response.Headers["cache-control"], "public") {
			// A reloaded page needs the token for its next write. A shared cache would give it to others.
			response = response.with(csrfHeader, account.CSRFToken(r.cookie))
		}
		if !r.isPlainHTTP() {
			response = response.with("strict-transport-security", "max-age=31536000") // RFC 6797: not over plain HTTP
		}
		s.Requests.Write(ctx, requestlog.Line{ID: r.ID, Route: event.RouteKey, UserID: r.Principal.UserID, Status: response.Status, Start: start})
		return response.toGateway(r.ID, r.header("accept-encoding"), &s.gzips)
	}
}

// handle authorizes and checks the request and runs the endpoint, at most once per
// Idempotency-Key.
func (s *Server) handle(ctx context.Context, e Endpoint, r *Request) (_ Response, err error) {
	defer recoverPanic(&err)
	if err := s.authorize(ctx, e, r); err != nil {
		return Response{}, err
	}
	if !e.unrouted {
		if err := r.check(); err != nil {
			return Response{}, err
		}
	}
	key := r.header("idempotency-key")
	if key == "" || r.Method != http.MethodPost || s.Idempotency == nil {
		return e.run(ctx, r)
	}
	if s.keyCounts.admit(r, s.Now(), s.KeysPerIP) {
		return s.idempotent(ctx, e, r, key)
	}
	return e.run(ctx, r)
}

// check parses the query string and checks the media type of the body. It fails with bad_request
// or unsupported_media_type.
func (r *Request) check() error {
	if err := r.parseQuery(); err != nil {
		return err
	}
	if r.event.Body != "" {
		return r.checkMediaType()
	}
	return nil
}

// authorize authenticates the caller and checks the access level of the endpoint. With
// OptionalAuth, expired credentials count as none, see Request.asExpired and Request.checkExpired.
//
// It fails with unauthenticated, token_expired, session_ended, csrf or forbidden.
func (s *Server) authorize(ctx context.Context, e Endpoint, r *Request) error {
	if e.access == accessPublic {
		return nil
	}
	actor, err := s.authenticate(ctx, r)
	if err != nil {
		if e.access == accessOptional && (apperr.Is(err, apperr.TokenExpired) || apperr.Is(err, apperr.SessionEnded)) {
			r.expired = err
			return nil
		}
		return err
	}
	if isAnonymous(actor) {
		if e.access == accessOptional {
			return nil
		}
		return apperr.New(apperr.Unauthenticated, "")
	}
	r.Principal = actor
	if e.access == accessStaff && !actor.Role.IsStaff() || e.access == accessAdmin && actor.Role != user.RoleAdmin {
		return apperr.New(apperr.Forbidden, "")
	}
	return nil
}

// authenticate verifies the access token or, if there is none, the session cookie. Returns
// the zero principal if the request has no credentials.
func (s *Server) authenticate(ctx context.Context, r *Request) (user.Principal, error) {
	token, err := wire.BearerToken(r.header("authorization"))
	if err != nil {
		return user.Principal{}, err
	}
	if token != "" {
		return s.Authenticator.AuthenticateToken(ctx, token)
	}
	cookie := wire.Cookie(r.event.Cookies, wire.SessionCookie, r.isPlainHTTP())
	if cookie == "" {
		return user.Principal{}, nil
	}
	actor, extended, err := s.Authenticator.AuthenticateCookie(ctx, cookie)
	if err != nil {
		return user.Principal{}, err
	}
	r.cookie, r.extended = cookie, extended
	return actor, r.checkCSRF()
}

// isAnonymous reports whether the request has no credentials.
func isAnonymous(actor user.Principal) bool { return actor.UserID == "" }

// checkExpired fails with token_expired if the access token of the request is past its expiry: the
// client can renew it, and would take the answer to a visitor for its own. A revoked token, as of a
// removed user, makes a visitor.
func (r *Request) checkExpired() error {
	if auth.IsPastExpiry(r.expired) {
		return r.expired
	}
	return nil
}

// asExpired converts unauthenticated to token_expired or session_ended if the request has expired
// credentials, so that the client renews them and repeats the request.
func (r *Request) asExpired(err error) error {
	if r.expired != nil && apperr.Is(err, apperr.Unauthenticated) {
		return r.expired
	}
	return err
}
