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
)

// event is the request in API Gateway's payload format 2.0.
type event struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	Query           map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext  requestContext    `json:"requestContext"`
	PathParameters  map[string]string `json:"pathParameters,omitempty"`
	Body            *string           `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpContext `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// newEvent translates a request. The body has been read by the caller.
func newEvent(r *http.Request, route *Route, variables map[string]string, body []byte, requestID string, now time.Time) event {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	domain := r.Host
	prefix, _, _ := strings.Cut(domain, ".")
	e := event{
		Version:        "2.0",
		RouteKey:       route.key(),
		RawPath:        r.URL.Path,
		RawQueryString: r.URL.RawQuery,
		Headers:        headers(r, host, requestID),
		Query:          query(r.URL.RawQuery),
		PathParameters: variables,
		RequestContext: requestContext{
			AccountID: "000000000000", APIID: "local", DomainName: domain, DomainPrefix: prefix,
			HTTP:      httpContext{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: host, UserAgent: r.UserAgent()},
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
		text := string(body)
		if e.IsBase64Encoded = !isText(r.Header.Get("Content-Type"), body); e.IsBase64Encoded {
			text = base64.StdEncoding.EncodeToString(body)
		}
		e.Body = &text
	}
	return e
}

// headers are lower-case, repeated ones joined by a comma; cookies have a
// place of their own. What the gateway itself says of a request wins over what
// the client says, except that addresses are added to a list.
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
	values, _ := url.ParseQuery(raw) // what does not parse is left out, as on AWS
	if len(values) == 0 {
		return nil
	}
	flat := make(map[string]string, len(values))
	for name, list := range values {
		flat[name] = strings.Join(list, ",")
	}
	return flat
}

// isText tells which bodies API Gateway hands on as they are. A body without
// a type counts as text when it is.
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

// response is a function's answer in payload format 2.0.
type response struct {
	StatusCode        int                 `json:"statusCode"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`

	body []byte
}

// parseResponse understands both forms: an object with a statusCode, and any
// other JSON, which is the body of a 200 itself.
func parseResponse(result []byte) (*response, error) {
	var probe struct {
		StatusCode *json.RawMessage `json:"statusCode"`
	}
	if err := json.Unmarshal(result, &probe); err != nil || probe.StatusCode == nil {
		if !json.Valid(result) {
			return nil, errors.New("the function's answer is not JSON")
		}
		var text string
		if json.Unmarshal(result, &text) == nil {
			result = []byte(text)
		}
		return &response{StatusCode: 200, Headers: map[string]string{"content-type": "application/json"}, body: result}, nil
	}
	var resp response
	if err := json.Unmarshal(result, &resp); err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return nil, errors.New("the function's answer has no valid statusCode")
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

// write sends the answer. AllowOrigin and its like are the gateway's to set
// once the API has a CORS configuration.
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
	_, _ = w.Write(resp.body) // a client that went away needs no answer
}
