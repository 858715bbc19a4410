package api

import "context"

// access is the access level of an endpoint. The domain checks access to the single resource.
type access int

// The zero value is no level, so that an endpoint without one requires authentication.
const (
	accessPublic access = iota + 1
	accessOptional
	accessAuthenticated
	accessStaff
	accessAdmin
)

// HandlerFunc handles one request. Its error becomes a problem document.
type HandlerFunc func(ctx context.Context, r *Request) (Response, error)

// Endpoint is one route: a handler and its access level.
type Endpoint struct {
	access   access
	handle   HandlerFunc
	unrouted bool // serves paths that are no operation of the API, so it has no rules for input
}

// Public returns an endpoint that does not read credentials.
func Public(h HandlerFunc) Endpoint { return Endpoint{access: accessPublic, handle: h} }

// OptionalAuth returns an endpoint that accepts callers with and without credentials.
func OptionalAuth(h HandlerFunc) Endpoint { return Endpoint{access: accessOptional, handle: h} }

// Authenticated returns an endpoint for signed-in users of any role.
func Authenticated(h HandlerFunc) Endpoint { return Endpoint{access: accessAuthenticated, handle: h} }

// StaffOnly returns an endpoint for agents and administrators.
func StaffOnly(h HandlerFunc) Endpoint { return Endpoint{access: accessStaff, handle: h} }

// AdminOnly returns an endpoint for administrators.
func AdminOnly(h HandlerFunc) Endpoint { return Endpoint{access: accessAdmin, handle: h} }

// ReadsCredentials reports whether the endpoint needs Server.Authenticator.
func (e Endpoint) ReadsCredentials() bool { return e.access != accessPublic }

// run handles a request. A panic of the handler is an error.
func (e Endpoint) run(ctx context.Context, r *Request) (_ Response, err error) {
	defer recoverPanic(&err)
	return e.handle(ctx, r)
}
