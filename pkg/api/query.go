package api

import (
	_ "embed" // the query parameters
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// queryParameters has one line per operation of infra/openapi.yaml with query parameters:
// method, path and names. A contract test compares it with the document; UPDATE_GOLDEN=1
// writes it.
//
//go:embed query_parameters.txt
var queryParameters string

// QueryParameters returns the query parameters of a route, such as "GET /tickets".
func QueryParameters(route string) []string {
	for line := range strings.Lines(queryParameters) {
		if names, found := strings.CutPrefix(line, route+" "); found {
			return strings.Fields(names)
		}
	}
	return nil
}

// parseQuery parses the query string. It rejects parameters that the route does not have, and
// those that are malformed or sent twice: an ignored filter would return more than the client
// asked for.
//
// Returns bad_request.
func (r *Request) parseQuery() error {
	known := QueryParameters(r.event.RouteKey)
	r.query = url.Values{}
	for pair := range strings.SplitSeq(r.event.RawQueryString, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		if nameErr != nil {
			name = rawName
		}
		value, valueErr := url.QueryUnescape(rawValue)
		shown := truncate(strings.ToValidUTF8(name, "\uFFFD"), maxNameBytes)
		switch {
		case !slices.Contains(known, name):
			return errQuery(shown, "unknown", "Unknown query parameter "+shown+".")
		case valueErr != nil || !utf8.ValidString(value):
			return errQuery(name, "malformed", name+" must be percent-encoded UTF-8.")
		case r.query.Has(name):
			return errQuery(name, "duplicate", name+" must be sent once.")
		}
		r.query.Set(name, value)
	}
	return nil
}

// maxNameBytes limits the name of an unknown query parameter in a problem document.
const maxNameBytes = 100
