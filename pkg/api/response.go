package api

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Response is what an endpoint answers. A nil Body is an empty one.
type Response struct {
	Status  int
	Headers map[string]string
	Cookies []string // each the value of a Set-Cookie
	Body    any      // sent as JSON
	File    []byte   // sent as it is, in place of Body; Headers say what it is
}

// rawText is a body that is no JSON; its content-type is among the headers.
type rawText string

func ok(body any) Response { return Response{Status: http.StatusOK, Body: body} }

func noContent() Response { return Response{Status: http.StatusNoContent} }

// with returns the response with one more header.
func (r Response) with(name, value string) Response {
	headers := map[string]string{name: value}
	maps.Copy(headers, r.Headers)
	r.Headers = headers
	return r
}

// toGateway writes the response as API Gateway wants it.
func (r Response) toGateway(requestID string) (events.APIGatewayV2HTTPResponse, error) {
	out := events.APIGatewayV2HTTPResponse{StatusCode: r.Status, Cookies: r.Cookies, Headers: map[string]string{
		"x-request-id": requestID, "cache-control": "no-store", "x-content-type-options": "nosniff",
	}}
	if text, raw := r.Body.(rawText); raw {
		out.Body = string(text)
	} else if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		out.Body = string(body)
		out.Headers["content-type"] = "application/json"
	}
	if r.File != nil {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(r.File), true
	}
	maps.Copy(out.Headers, r.Headers)
	return out, nil
}

// page is a list with the way to its next part.
type page[T any] struct {
	Data []T      `json:"data"`
	Page pageInfo `json:"page"`
}

type pageInfo struct {
	Next    string `json:"next,omitempty"`
	HasMore bool   `json:"hasMore"`
}
