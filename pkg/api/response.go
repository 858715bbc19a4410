package api

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/api/wire"
)

// Response is the result of an endpoint.
type Response struct {
	Status  int
	Headers map[string]string
	Cookies []string // values of Set-Cookie headers
	Body    any      // encoded as JSON unless it is a json.RawMessage; nil for an empty body
	File    []byte   // sent unencoded instead of Body; Headers contain its type
}

// rawText is a Body that is not JSON. Headers must contain its content-type.
type rawText string

func ok(body any) Response { return Response{Status: http.StatusOK, Body: body} }

func noContent() Response { return Response{Status: http.StatusNoContent} }

// with returns the response with an additional header. An existing value is kept.
func (r Response) with(name, value string) Response {
	headers := map[string]string{name: value}
	maps.Copy(headers, r.Headers)
	r.Headers = headers
	return r
}

// encode returns the body of the response.
func (r Response) encode() ([]byte, error) {
	switch body := r.Body.(type) {
	case nil:
		return r.File, nil
	case rawText:
		return []byte(body), nil
	case json.RawMessage:
		return body, nil
	}
	return wire.Marshal(r.Body)
}

// toGateway converts the response to the format of API Gateway.
func (r Response) toGateway(requestID, acceptEncoding string, g *gzips) (events.APIGatewayV2HTTPResponse, error) {
	out := events.APIGatewayV2HTTPResponse{StatusCode: r.Status, Cookies: r.Cookies, Headers: map[string]string{
		"x-request-id": requestID, "cache-control": "no-store", "x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}}
	body, err := r.encode()
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	if _, raw := r.Body.(rawText); r.Body != nil && !raw {
		out.Headers["content-type"] = "application/json"
	}
	if out.Body = string(body); r.File != nil {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	maps.Copy(out.Headers, r.Headers)
	return out, g.compress(&out, body, acceptEncoding)
}
