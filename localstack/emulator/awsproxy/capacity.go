package awsproxy

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"ticketsystem/localstack/emulator/dynamodb"
)

type callKey struct{}

// requestCapacity returns the request with its body. If the capacity is measured, the body
// asks for it.
func (p *Proxy) requestCapacity(r *http.Request, c Call, body []byte) *http.Request {
	var request map[string]json.RawMessage
	if p.Consumed != nil && json.Unmarshal(body, &request) == nil {
		request["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
		if measured, err := json.Marshal(request); err == nil {
			body = measured
			r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

// measure reports the capacity of a response. A failed condition costs a write unit, which
// the response does not say.
func (p *Proxy) measure(r *http.Response) error {
	c, measured := r.Request.Context().Value(callKey{}).(Call)
	if !measured {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	units := dynamodb.ConsumedUnits(body)
	switch {
	case slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}, c.Operation):
		p.Consumed(c, units, 0)
	case r.StatusCode != http.StatusOK && strings.Contains(string(body), "ConditionalCheckFailedException"):
		p.Consumed(c, 0, 1)
	default:
		p.Consumed(c, 0, units)
	}
	return nil
}
