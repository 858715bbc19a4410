// Package api is the adapter between API Gateway and the domain: it says who
// is asking, decodes and checks what they sent, calls the domain, and encodes
// what it answers. Errors become problem documents here and nowhere else.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/idempotency"
	"ticketsystem/pkg/user"
)

// Access says who may call an endpoint at all; the domain decides about the
// thing that is called for.
type Access int

// The doors of endpoints.
const (
	Anyone   Access = iota // nobody is asked who they are
	Known                  // whoever is signed in is told apart, others may come too
	SignedIn               // any role
	Staff                  // support and admin
	Admins                 // admin alone
)

// Endpoint is one route: its door and what happens behind it.
type Endpoint struct {
	Access Access
	Handle func(ctx context.Context, r *Request) (Response, error)
}

// Server runs endpoints. A field that a function's endpoint does not use may
// be zero.
type Server struct {
	Gate    *account.Gate
	Edge    auth.Edge
	Repeats idempotency.Store // nil where nothing is posted
	Log     *slog.Logger
	Now     func() time.Time
}

// HTTP makes the Lambda handler of an endpoint behind an HTTP API (payload
// format 2.0). It never returns an error: whatever happens has an answer.
func (s *Server) HTTP(e Endpoint) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		r := newRequest(event)
		response, err := s.answer(ctx, e, r)
		if err != nil {
			problem := s.problem(ctx, r, err)
			for name, value := range response.Headers {
				problem = problem.with(name, value)
			}
			response = problem
		}
		if r.cookie != "" && r.Method == http.MethodGet {
			// A page that was loaded anew needs it for its next write.
			response = response.with(csrfHeader, account.CSRFToken(r.cookie))
		}
		return response.wire(r.ID)
	}
}

func (s *Server) answer(ctx context.Context, e Endpoint, r *Request) (Response, error) {
	if err := s.admit(ctx, e, r); err != nil {
		return Response{}, err
	}
	r.edge, r.now = s.Edge, s.Now
	if key := r.header("idempotency-key"); key != "" && r.Method == "POST" && s.Repeats != nil {
		return s.once(ctx, e, r, key)
	}
	return e.Handle(ctx, r)
}

// admit finds out who is asking and checks the endpoint's door.
func (s *Server) admit(ctx context.Context, e Endpoint, r *Request) error {
	if e.Access == Anyone {
		return nil
	}
	who, err := s.identify(ctx, r)
	if err != nil {
		if e.Access == Known && (fault.Is(err, fault.TokenExpired) || fault.Is(err, fault.SessionEnded)) {
			return nil
		}
		return err
	}
	if anonymous(who) {
		if e.Access == Known {
			return nil
		}
		return fault.New(fault.Unauthenticated, "")
	}
	r.Who = who
	if e.Access == Staff && !who.Role.Staff() || e.Access == Admins && who.Role != user.RoleAdmin {
		return fault.New(fault.Forbidden, "")
	}
	return nil
}

// identify looks at the access token, or without one at the session cookie.
func (s *Server) identify(ctx context.Context, r *Request) (user.Principal, error) {
	token, err := bearer(r.header("authorization"))
	if err != nil {
		return user.Principal{}, err
	}
	if token != "" {
		return s.Gate.Token(ctx, token)
	}
	cookie := sessionCookie(r.event.Cookies, r.plain())
	if cookie == "" {
		return user.Principal{}, nil
	}
	who, err := s.Gate.Cookie(ctx, cookie)
	if err != nil {
		return user.Principal{}, err
	}
	r.cookie = cookie
	return who, r.checkCSRF()
}

// bearer reads an Authorization header (RFC 6750); "" when there is none.
func bearer(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	scheme, token, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", fault.New(fault.Unauthenticated, "")
	}
	return strings.TrimSpace(token), nil
}

// anonymous says that nobody is signed in.
func anonymous(who user.Principal) bool { return who.UserID == "" }
