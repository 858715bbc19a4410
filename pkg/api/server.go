// Package api is the adapter between API Gateway and the domain: it says who
// is asking, decodes and checks what they sent, calls the domain, and encodes
// what it answers. Errors become problem documents here and nowhere else.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// Access says who may call an endpoint at all; the domain decides about the
// thing that is called for.
type Access int

// The doors of endpoints.
const (
	Public        Access = iota // nobody is asked who they are
	OptionalAuth                // whoever is signed in is told apart, others may come too
	Authenticated               // any role
	Staff                       // support and admin
	AdminOnly                   // admin alone
)

// Endpoint is one route: its door and what happens behind it.
type Endpoint struct {
	Access Access
	Handle func(ctx context.Context, r *Request) (Response, error)
}

// Server runs endpoints. A field that a function's endpoint does not use may
// be zero.
type Server struct {
	Authenticator *account.Authenticator
	Key           auth.SecretKey
	Idempotency   idempotency.Store // nil where nothing is posted
	Log           *slog.Logger
	Now           func() time.Time
}

// HTTP makes the Lambda handler of an endpoint behind an HTTP API (payload
// format 2.0). It never returns an error: whatever happens has an answer.
func (s *Server) HTTP(e Endpoint) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		r := newRequest(event)
		response, err := s.handle(ctx, e, r)
		if err != nil {
			problem := s.problemResponse(ctx, r, err)
			for name, value := range response.Headers {
				problem = problem.with(name, value)
			}
			response = problem
		}
		if r.cookie != "" && r.Method == http.MethodGet {
			// A page that was loaded anew needs it for its next write.
			response = response.with(csrfHeader, account.CSRFToken(r.cookie))
		}
		return response.toGateway(r.ID)
	}
}

func (s *Server) handle(ctx context.Context, e Endpoint, r *Request) (Response, error) {
	if err := s.authorize(ctx, e, r); err != nil {
		return Response{}, err
	}
	r.key, r.now = s.Key, s.Now
	if key := r.header("idempotency-key"); key != "" && r.Method == "POST" && s.Idempotency != nil {
		return s.idempotent(ctx, e, r, key)
	}
	return e.Handle(ctx, r)
}

// authorize finds out who is asking and checks the endpoint's door.
func (s *Server) authorize(ctx context.Context, e Endpoint, r *Request) error {
	if e.Access == Public {
		return nil
	}
	actor, err := s.authenticate(ctx, r)
	if err != nil {
		if e.Access == OptionalAuth && (apperr.Is(err, apperr.TokenExpired) || apperr.Is(err, apperr.SessionEnded)) {
			return nil
		}
		return err
	}
	if isAnonymous(actor) {
		if e.Access == OptionalAuth {
			return nil
		}
		return apperr.New(apperr.Unauthenticated, "")
	}
	r.Principal = actor
	if e.Access == Staff && !actor.Role.IsStaff() || e.Access == AdminOnly && actor.Role != user.RoleAdmin {
		return apperr.New(apperr.Forbidden, "")
	}
	return nil
}

// authenticate looks at the access token, or without one at the session cookie.
func (s *Server) authenticate(ctx context.Context, r *Request) (user.Principal, error) {
	token, err := wire.BearerToken(r.header("authorization"))
	if err != nil {
		return user.Principal{}, err
	}
	if token != "" {
		return s.Authenticator.AuthenticateToken(ctx, token)
	}
	cookie := wire.SessionCookie(r.event.Cookies, r.isPlainHTTP())
	if cookie == "" {
		return user.Principal{}, nil
	}
	actor, err := s.Authenticator.AuthenticateCookie(ctx, cookie)
	if err != nil {
		return user.Principal{}, err
	}
	r.cookie = cookie
	return actor, r.checkCSRF()
}

// isAnonymous says that nobody is signed in.
func isAnonymous(actor user.Principal) bool { return actor.UserID == "" }
