package api

import (
	_ "embed" // the query parameters
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/stats"
)

// queryParameters has one line per operation of infra/openapi.yaml with query parameters:
// method, path and names. A contract test compares it with the document; UPDATE_GOLDEN=1
// writes it.
//
//go:embed query_parameters.txt
var queryParameters string

// queryParametersOf returns the query parameters of a route, such as "GET /tickets".
func queryParametersOf(route string) []string {
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
// It fails with bad_request.
func (r *Request) parseQuery() error {
	known := queryParametersOf(r.event.RouteKey)
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
		shown := truncate(wire.ShownName(name), maxNameBytes)
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

// timeRange reads ?from and ?to, each a time or a date, and ?timezone, of whose days the dates
// are. to is the first millisecond after the range. A missing bound is the zero time. Returns
// bad_request.
func (r *Request) timeRange(zone *time.Location) (from, to time.Time, err error) {
	if zone, err = r.timezone(zone); err != nil {
		return from, to, err
	}
	if from, err = r.timeParam("from", zone, 0); err != nil {
		return from, to, err
	}
	to, err = r.timeParam("to", zone, 1)
	if err != nil || to.IsZero() {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, errQuery("to", "out_of_range", "to must not be before from.")
	}
	return from, to, nil
}

// timezone returns the zone of ?timezone, or the default. It fails with bad_request.
func (r *Request) timezone(zone *time.Location) (*time.Location, error) {
	if !r.query.Has("timezone") {
		return zone, nil
	}
	zone, err := stats.LoadZone(r.query.Get("timezone"))
	if err != nil {
		return nil, errQuery("timezone", "invalid", "timezone must be a name of the IANA time zone database, such as Asia/Tehran.")
	}
	return zone, nil
}

// timeParam returns a query parameter that is a time or a date of the time zone. A date stands for
// the start of the day that many days later, a time for the millisecond that many after it.
// It fails with bad_request.
func (r *Request) timeParam(name string, zone *time.Location, later int) (at time.Time, err error) {
	if !r.query.Has(name) {
		return at, nil
	}
	text := strings.ReplaceAll(r.query.Get(name), " ", "+") // of an offset, not encoded
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at.Truncate(time.Millisecond).Add(time.Duration(later) * time.Millisecond), checkYear(name, at)
	}
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		start := stats.StartOf(at.AddDate(0, 0, later), zone)
		if start.Unix() < 0 { // the first day of 1970, east of Greenwich
			start = time.Unix(0, 0).UTC()
		}
		return start, checkYear(name, at)
	}
	return at, errQuery(name, "invalid", name+" must be a date (yyyy-mm-dd) or a time (RFC 3339).")
}
