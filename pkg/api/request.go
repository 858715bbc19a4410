package api

import (
	"encoding/base64"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Request is what an endpoint gets to see of a call.
type Request struct {
	ID        string // for logs and problem documents
	Method    string
	Path      string
	Principal user.Principal // zero when nobody is signed in

	cookie string // what Who came with, "" for an access token

	event events.APIGatewayV2HTTPRequest
	query url.Values
	key   auth.SecretKey
	now   func() time.Time
}

func newRequest(event events.APIGatewayV2HTTPRequest) *Request {
	query, _ := url.ParseQuery(event.RawQueryString) // what cannot be read is not there
	http := event.RequestContext.HTTP
	path := event.RawPath
	if stage := event.RequestContext.Stage; stage != "" && stage != "$default" {
		path = strings.TrimPrefix(path, "/"+stage)
	}
	return &Request{ID: event.RequestContext.RequestID, Method: http.Method, Path: path, event: event, query: query}
}

func (r *Request) header(name string) string { return r.event.Headers[name] }

// pathID is the {id} of the route's path.
func (r *Request) pathID() string { return r.event.PathParameters["id"] }

// body gives the bytes of the body.
func (r *Request) body() ([]byte, error) {
	if !r.event.IsBase64Encoded {
		return []byte(r.event.Body), nil
	}
	raw, err := base64.StdEncoding.DecodeString(r.event.Body)
	if err != nil {
		return nil, apperr.Wrap(apperr.BadJSON, err)
	}
	return raw, nil
}

// caller is where the request comes from, for limits and the list of sessions.
func (r *Request) caller() account.Caller {
	http := r.event.RequestContext.HTTP
	return account.Caller{IP: http.SourceIP, UserAgent: truncate(http.UserAgent, 200), Locale: r.acceptLanguage()}
}

// Locale is the language of texts for this caller: what the request asks for,
// or else what the person has chosen, or else English.
func (r *Request) Locale() string {
	for _, language := range []string{r.acceptLanguage(), r.Principal.Locale} {
		if language != "" {
			return language
		}
	}
	return locale.English
}

// acceptLanguage returns the first supported language of Accept-Language, or "".
func (r *Request) acceptLanguage() string { return locale.Of(r.header("accept-language")) }

// The size of a page.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// limit reads ?limit=. Errors: bad_request.
func (r *Request) limit() (int, error) {
	n, given, err := r.intParam("limit")
	if err != nil {
		return 0, err
	}
	if !given {
		return defaultLimit, nil
	}
	if n < 1 || n > maxLimit {
		return 0, errQuery("limit", "out_of_range", "limit is a number from 1 to 100.")
	}
	return n, nil
}

// intParam reads a query parameter that is a whole number from 0 on.
func (r *Request) intParam(name string) (n int, given bool, err error) {
	if !r.query.Has(name) {
		return 0, false, nil
	}
	n, err = strconv.Atoi(r.query.Get(name))
	if err != nil || n < 0 || n > ticket.MaxSeq {
		return 0, false, errQuery(name, "not_a_number", name+" is a whole number from 0 on.")
	}
	return n, true, nil
}

func errQuery(name, code, message string) error {
	return apperr.New(apperr.BadRequest, message).WithFields(apperr.Field{Pointer: "?" + name, Code: code, Message: message})
}

func truncate(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "")
}

// decode reads the JSON body of a request strictly.
//
// Errors: unsupported_media_type, body_too_large, bad_json, and invalid_body
// that names the unknown, doubled or mistyped field.
func (r *Request) decode(into any) error {
	body, err := r.body()
	if err != nil {
		return err
	}
	if media, _, err := mime.ParseMediaType(r.header("content-type")); err == nil && media != "application/json" {
		return apperr.New(apperr.UnsupportedMediaType, "Send the body as application/json.")
	}
	return wire.Decode(body, into)
}
