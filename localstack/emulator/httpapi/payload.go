package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// newEvent returns the event for a request whose body has been read.
func newEvent(r *http.Request, route *Route, variables map[string]string, body []byte, requestID string, now time.Time) events.APIGatewayV2HTTPRequest {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	domain := r.Host
	prefix, _, _ := strings.Cut(domain, ".")
	e := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              route.key(),
		RawPath:               r.URL.Path,
		RawQueryString:        r.URL.RawQuery,
		Headers:               headers(r, host, requestID),
		QueryStringParameters: query(r.URL.RawQuery),
		PathParameters:        variables,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			AccountID: "000000000000", APIID: "local", DomainName: domain, DomainPrefix: prefix,
			HTTP:      events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: host, UserAgent: r.UserAgent()},
			RequestID: requestID, RouteKey: route.key(), Stage: "$default",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	for _, line := range r.Header.Values("Cookie") {
		for _, cookie := range strings.Split(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				e.Cookies = append(e.Cookies, cookie)
			}
		}
	}
	if len(body) > 0 {
		e.Body = string(body)
		if e.IsBase64Encoded = !isText(r.Header.Get("Content-Type"), body); e.IsBase64Encoded {
			e.Body = base64.StdEncoding.EncodeToString(body)
		}
	}
	return e
}

// headers returns the request headers in lower case without cookies. Repeated headers
// are joined by a comma. Headers that the gateway sets override those of the client,
// and X-Forwarded-For is extended.
func headers(r *http.Request, host, requestID string) map[string]string {
	flat := map[string]string{}
	for name, values := range r.Header {
		if name != "Cookie" {
			flat[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	flat["host"] = r.Host
	flat["x-amzn-trace-id"] = "Root=" + requestID
	flat["x-forwarded-for"] = strings.Join(append(r.Header.Values("X-Forwarded-For"), host), ", ")
	flat["x-forwarded-proto"] = "http"
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		flat["x-forwarded-port"] = port
	}
	if r.ContentLength > 0 {
		flat["content-length"] = strconv.FormatInt(r.ContentLength, 10)
	}
	return flat
}

func query(raw string) map[string]string {
	values, _ := url.ParseQuery(raw) // as on AWS, invalid parameters are omitted
	if len(values) == 0 {
		return nil
	}
	flat := make(map[string]string, len(values))
	for name, list := range values {
		flat[name] = strings.Join(list, ",")
	}
	return flat
}

// isText reports whether API Gateway passes a body unencoded. A body without a
// content type counts as text if it is valid UTF-8.
func isText(contentType string, body []byte) bool {
	if contentType == "" {
		return utf8.Valid(body)
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return utf8.Valid(body)
	}
	switch media {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml")
}

// response is a function's result with its decoded body.
type response struct {
	events.APIGatewayV2HTTPResponse
	body []byte
}

// parseResponse parses both forms of a result: an object with a statusCode, and any
// other JSON value, which becomes the body of a 200 response.
func parseResponse(result []byte) (*response, error) {
	var probe struct {
		StatusCode *json.RawMessage `json:"statusCode"`
	}
	if err := json.Unmarshal(result, &probe); err != nil || probe.StatusCode == nil {
		if !json.Valid(result) {
			return nil, errors.New("the function's result is not JSON")
		}
		var text string
		if json.Unmarshal(result, &text) == nil {
			result = []byte(text)
		}
		return &response{body: result, APIGatewayV2HTTPResponse: events.APIGatewayV2HTTPResponse{
			StatusCode: http.StatusOK, Headers: map[string]string{"content-type": "application/json"},
		}}, nil
	}
	var resp response
	if err := json.Unmarshal(result, &resp.APIGatewayV2HTTPResponse); err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return nil, errors.New("the function's result has no valid statusCode")
	}
	resp.body = []byte(resp.Body)
	if resp.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(resp.Body)
		if err != nil {
			return nil, err
		}
		resp.body = decoded
	}
	return &resp, nil
}

// write sends the response. If the API has a CORS configuration, CORS headers of the
// function are ignored.
func (resp *response) write(w http.ResponseWriter, hasCORS bool) {
	header := w.Header()
	set := func(name string, values ...string) {
		if hasCORS && strings.HasPrefix(strings.ToLower(name), "access-control-") {
			return
		}
		header.Del(name)
		for _, v := range values {
			header.Add(name, v)
		}
	}
	for name, v := range resp.Headers {
		set(name, v)
	}
	for name, values := range resp.MultiValueHeaders {
		set(name, values...)
	}
	for _, cookie := range resp.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	header.Del("Content-Length")
	if header.Get("Content-Type") == "" && len(resp.body) > 0 {
		header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(resp.body) // the client may have disconnected
}
