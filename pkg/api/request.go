package api

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Request is one HTTP request.
type Request struct {
	ID        string // for logs and problem documents
	Method    string
	Path      string
	Principal user.Principal // zero if the caller is not authenticated

	cookie   string // session cookie of the principal, "" for an access token
	extended bool   // whether the request has extended the session of the cookie
	expired  error  // why the credentials are not accepted, if OptionalAuth ignores them

	event events.APIGatewayV2HTTPRequest
	query url.Values // see parseQuery
	key   auth.SecretKey
	now   func() time.Time

	baseURL        string   // of the API, without a final slash; "" if unknown
	allowedOrigins []string // origins of pages, besides that of the API
	reopenWindow   time.Duration
	address        string             // IP address of the client
	pictures       map[string]*string // signed URLs by user id
}

func newRequest(event events.APIGatewayV2HTTPRequest) *Request {
	http := event.RequestContext.HTTP
	path := event.RawPath
	if stage := event.RequestContext.Stage; stage != "" && stage != "$default" {
		path = strings.TrimPrefix(path, "/"+stage)
	}
	return &Request{ID: event.RequestContext.RequestID, Method: http.Method, Path: path, event: event, pictures: map[string]*string{}}
}

func (r *Request) header(name string) string { return r.event.Headers[name] }

// pathID returns the path parameter {id}, an id in canonical form.
func (r *Request) pathID() string { return id.Canonical(r.event.PathParameters["id"]) }

// body returns the request body. It fails with bad_json if its base64 encoding is invalid.
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

// caller returns the network identity of the caller, for rate limits and sessions.
func (r *Request) caller() account.Caller {
	http := r.event.RequestContext.HTTP
	return account.Caller{
		IP: r.address, UserAgent: truncate(wire.CleanLine(http.UserAgent), 200), Locale: r.acceptLanguage(), UserID: r.Principal.UserID,
		Device: wire.Cookie(r.event.Cookies, wire.DeviceCookie, r.isPlainHTTP()),
	}
}

// Locale returns the language of the response: that of Accept-Language, else that of the
// user's profile unless the header refuses it, else English.
func (r *Request) Locale() string {
	return cmp.Or(locale.Choose(r.header("accept-language"), r.Principal.Locale), locale.English)
}

// acceptLanguage returns the first supported language of Accept-Language, or "".
func (r *Request) acceptLanguage() string { return locale.Of(r.header("accept-language")) }

// Page size of lists.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// limit returns ?limit=, the default page size if it is missing. It fails with bad_request.
func (r *Request) limit() (int, error) {
	n, given, err := r.intParam("limit", 1, maxLimit)
	if err == nil && !given {
		return defaultLimit, nil
	}
	return n, err
}

// intParam returns a query parameter that is an integer from least to most. It fails with bad_request.
func (r *Request) intParam(name string, least, most int) (n int, given bool, err error) {
	if !r.query.Has(name) {
		return 0, false, nil
	}
	n, err = strconv.Atoi(r.query.Get(name))
	message := fmt.Sprintf("%s must be a whole number from %d to %d.", name, least, most)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, false, errQuery(name, "not_a_number", message)
	case err != nil, n < least, n > most:
		return 0, false, errQuery(name, "out_of_range", message)
	}
	return n, true, nil
}

// errQuery returns bad_request for a query parameter.
func errQuery(name, code, message string) error {
	return apperr.New(apperr.BadRequest, message).WithFields(apperr.Field{Pointer: "?" + name, Code: code, Message: message})
}

// truncate returns the first maxBytes bytes of text without splitting a rune.
func truncate(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxBytes], "")
}

// decode decodes the JSON body. It fails with unsupported_media_type and the errors of wire.Decode.
func (r *Request) decode(into any) error {
	body, err := r.body()
	if err != nil {
		return err
	}
	if err := r.checkMediaType(); err != nil {
		return err
	}
	if r.isReplaced(body) {
		return apperr.New(apperr.BadJSON, "The body is not UTF-8.")
	}
	return wire.Decode(body, into)
}

// decodeIfSent is decode for a body that may be left out; into then stays as it is.
func (r *Request) decodeIfSent(into any) error {
	if r.event.Body == "" {
		return nil
	}
	return r.decode(into)
}

// isReplaced reports whether API Gateway has replaced invalid UTF-8 in the body by U+FFFD, which
// is longer than the byte that it replaces.
func (r *Request) isReplaced(body []byte) bool {
	sent, err := strconv.Atoi(r.header("content-length"))
	return err == nil && sent != len(body) && bytes.ContainsRune(body, utf8.RuneError)
}

// checkMediaType requires the Content-Type application/json, in UTF-8 and without a
// Content-Encoding. Browsers send other types, and requests without one, to foreign origins without
// a preflight request.
//
// It fails with unsupported_media_type.
func (r *Request) checkMediaType() error {
	media, parameters, err := mime.ParseMediaType(r.header("content-type"))
	if err != nil || media != "application/json" || !strings.EqualFold(cmp.Or(parameters["charset"], utf8Charset), utf8Charset) {
		return apperr.New(apperr.UnsupportedMediaType, "Send the body with Content-Type: application/json, in UTF-8.")
	}
	if coding := r.header("content-encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return apperr.New(apperr.UnsupportedMediaType, "Send the body without a Content-Encoding.")
	}
	return nil
}

// utf8Charset is the only charset of JSON (RFC 8259, section 8.1).
const utf8Charset = "utf-8"
