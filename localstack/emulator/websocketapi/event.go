package websocketapi

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"
)

// event is what a WebSocket API sends to a function.
type event struct {
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Query             map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext    requestContext      `json:"requestContext"`
	Body              string              `json:"body,omitempty"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	RouteKey         string   `json:"routeKey"`
	MessageID        string   `json:"messageId,omitempty"`
	EventType        string   `json:"eventType"`
	RequestTime      string   `json:"requestTime"`
	RequestTimeEpoch int64    `json:"requestTimeEpoch"`
	MessageDirection string   `json:"messageDirection"`
	Stage            string   `json:"stage"`
	ConnectedAt      int64    `json:"connectedAt"`
	Identity         identity `json:"identity"`
	RequestID        string   `json:"requestId"`
	DomainName       string   `json:"domainName"`
	ConnectionID     string   `json:"connectionId"`
	APIID            string   `json:"apiId"`
	DisconnectStatus int      `json:"disconnectStatusCode,omitempty"`
	DisconnectReason string   `json:"disconnectReason,omitempty"`
}

type identity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// newRequestContext is the part that all events of one socket share.
func (c *connection) newRequestContext(route, kind string) requestContext {
	now := time.Now()
	return requestContext{
		RouteKey: route, EventType: kind, MessageDirection: "IN",
		RequestTime: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(),
		Stage: c.handler.API().Stage, ConnectedAt: c.connectedAt.UnixMilli(), Identity: c.identity,
		RequestID: newID(), DomainName: c.domain, ConnectionID: c.id, APIID: "local",
	}
}

func (c *connection) connectEvent(r *http.Request) event {
	e := event{
		RequestContext: c.newRequestContext("$connect", "CONNECT"),
		Headers:        map[string]string{}, MultiValueHeaders: map[string][]string{},
	}
	for name, values := range r.Header {
		e.Headers[name], e.MultiValueHeaders[name] = values[len(values)-1], values
	}
	// What the gateway itself says wins over what the client says.
	for name, value := range map[string]string{
		"Host": r.Host, "X-Forwarded-Proto": "http",
		"X-Forwarded-For": strings.Join(append(r.Header.Values("X-Forwarded-For"), c.identity.SourceIP), ", "),
	} {
		e.Headers[name], e.MultiValueHeaders[name] = value, []string{value}
	}
	if query := r.URL.Query(); len(query) > 0 {
		e.MultiValueQuery, e.Query = query, map[string]string{}
		for name, values := range query {
			e.Query[name] = values[len(values)-1]
		}
	}
	return e
}

func newIdentity(r *http.Request) identity {
	host, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http gives host and port
	return identity{SourceIP: host, UserAgent: r.UserAgent()}
}

// newID has the form of AWS's connection ids.
func newID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.URLEncoding.EncodeToString(b[:])
}

// selectRoute picks the route of a message by $request.body.<field>.
func selectRoute(api API, body []byte) (key string, route Route, ok bool) {
	field := strings.TrimPrefix(strings.Trim(api.RouteSelection, "${}"), "request.body.")
	var fields map[string]any
	if json.Unmarshal(body, &fields) == nil {
		if key, isText := fields[field].(string); isText {
			if route, ok := api.Routes[key]; ok && !strings.HasPrefix(key, "$") {
				return key, route, true
			}
		}
	}
	route, ok = api.Routes["$default"]
	return "$default", route, ok
}
