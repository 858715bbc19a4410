package httpapi

import (
	"net/url"
	"strings"
)

// Route is one route of an HTTP API. The zero Path is the $default route.
type Route struct {
	Method   string // or ANY
	Path     string // with {name} and {name+} segments
	Function string
	Throttle Throttle
}

// key returns the route key, such as "GET /tickets/{id}".
func (r Route) key() string {
	if r.Path == "" {
		return "$default"
	}
	return r.Method + " " + r.Path
}

// match returns the route of a request and its path variables. As in API Gateway, a
// fixed segment has priority over a variable, a variable over a greedy variable, a
// method over ANY, and $default comes last. The path is escaped, so that %2F does not
// separate segments.
func match(routes []Route, method, path string) (*Route, map[string]string) {
	var best *Route
	var bestRank string
	var bestVariables map[string]string
	for i := range routes {
		r := &routes[i]
		if r.Path != "" && r.Method != "ANY" && r.Method != method {
			continue
		}
		rank, variables, ok := r.matchPath(path)
		if ok && (best == nil || rank < bestRank) {
			best, bestRank, bestVariables = r, rank, variables
		}
	}
	return best, bestVariables
}

// matchPath matches the path of one route. A smaller rank is a closer match.
func (r *Route) matchPath(path string) (rank string, variables map[string]string, ok bool) {
	if r.Path == "" {
		return "~", nil, true
	}
	wanted, given := strings.Split(r.Path, "/"), strings.Split(path, "/")
	variables = map[string]string{}
	for i, segment := range wanted {
		if i >= len(given) {
			return "", nil, false
		}
		name, variable := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		greedy := strings.HasSuffix(name, "+")
		switch {
		case greedy:
			variables[strings.TrimSuffix(name, "+")] = unescape(strings.Join(given[i:], "/"))
			return rank + "c" + r.methodRank(), variables, true
		case variable:
			if given[i] == "" {
				return "", nil, false
			}
			variables[name] = unescape(given[i])
			rank += "b"
		case unescape(given[i]) == segment:
			rank += "a"
		default:
			return "", nil, false
		}
	}
	return rank + r.methodRank(), variables, len(wanted) == len(given)
}

func (r *Route) methodRank() string {
	if r.Method == "ANY" {
		return "B"
	}
	return "A"
}

func unescape(segment string) string {
	if plain, err := url.PathUnescape(segment); err == nil {
		return plain
	}
	return segment
}
