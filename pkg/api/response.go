package api

import (
	"encoding/base64"
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
	Body    any      // encoded as JSON; nil for an empty body
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

// toGateway converts the response to the format of API Gateway.
func (r Response) toGateway(requestID, acceptEncoding string) (events.APIGatewayV2HTTPResponse, error) {
	out := events.APIGatewayV2HTTPResponse{StatusCode: r.Status, Cookies: r.Cookies, Headers: map[string]string{
		"x-request-id": requestID, "cache-control": "no-store", "x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}}
	body := r.File
	if text, raw := r.Body.(rawText); raw {
		body = []byte(text)
	} else if r.Body != nil {
		var err error
		if body, err = wire.Marshal(r.Body); err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		out.Headers["content-type"] = "application/json"
	}
	if out.Body = string(body); r.File != nil {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	maps.Copy(out.Headers, r.Headers)
	return out, compress(&out, body, acceptEncoding)
}
