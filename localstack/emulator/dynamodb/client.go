package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// client calls DynamoDB's JSON API directly: template properties have the same
// structure as requests, and stream records are passed to functions unchanged.
type client struct{ url string }

// apiError is an error response of the engine.
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func (e *apiError) Error() string { return e.Type + ": " + e.Message }

// hasType reports whether the error is of a type such as ResourceNotFoundException.
func (e *apiError) hasType(kind string) bool { return strings.HasSuffix(e.Type, "#"+kind) }

func (c client) call(ctx context.Context, operation string, request, response any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	target := "DynamoDB_20120810."
	switch operation {
	case "DescribeStream", "GetShardIterator", "GetRecords":
		target = "DynamoDBStreams_20120810."
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", target+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local")
	httpResponse, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(httpResponse.Body)
	err = errors.Join(err, httpResponse.Body.Close())
	if err != nil {
		return err
	}
	if httpResponse.StatusCode != http.StatusOK {
		failure := &apiError{Message: string(text)}
		_ = json.Unmarshal(text, failure) // otherwise the text is the message
		return fmt.Errorf("%s: %w", operation, failure)
	}
	return json.Unmarshal(text, response)
}
