package websocketapi

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// newRequestContext returns the request context of an event of this connection.
func (c *connection) newRequestContext(route, kind string) events.APIGatewayWebsocketProxyRequestContext {
	now := time.Now()
	return events.APIGatewayWebsocketProxyRequestContext{
		RouteKey: route, EventType: kind, MessageDirection: "IN",
		RequestTime: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(),
		Stage: c.handler.API().Stage, ConnectedAt: c.connectedAt.UnixMilli(), Identity: c.identity,
		RequestID: newID(), DomainName: c.domain, ConnectionID: c.id, APIID: "local",
	}
}

func (c *connection) connectEvent(r *http.Request) events.APIGatewayWebsocketProxyRequest {
	e := events.APIGatewayWebsocketProxyRequest{
		RequestContext: c.newRequestContext("$connect", "CONNECT"),
		Headers:        map[string]string{}, MultiValueHeaders: map[string][]string{},
	}
	for name, values := range r.Header {
		e.Headers[name], e.MultiValueHeaders[name] = values[len(values)-1], values
	}
	// Headers that the gateway sets override those of the client.
	for name, value := range map[string]string{
		"Host": r.Host, "X-Forwarded-Proto": "http",
		"X-Forwarded-For": strings.Join(append(r.Header.Values("X-Forwarded-For"), c.identity.SourceIP), ", "),
	} {
		e.Headers[name], e.MultiValueHeaders[name] = value, []string{value}
	}
	if query := r.URL.Query(); len(query) > 0 {
		e.MultiValueQueryStringParameters, e.QueryStringParameters = query, map[string]string{}
		for name, values := range query {
			e.QueryStringParameters[name] = values[len(values)-1]
		}
	}
	return e
}

func newIdentity(r *http.Request) events.APIGatewayRequestIdentity {
	host, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http sets host and port
	return events.APIGatewayRequestIdentity{SourceIP: host, UserAgent: r.UserAgent()}
}

// newID returns a random id in the format of AWS connection ids.
func newID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return base64.URLEncoding.EncodeToString(b[:])
}

// selectRoute returns the route that $request.body.<field> selects, or $default.
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
