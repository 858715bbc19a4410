package api

import (
	"context"
	"slices"
	"strings"

	"ticketsystem/pkg/apperr"
)

// RouteNotFound returns the endpoint for requests that match no route. It returns
// method_not_allowed if the path exists for other methods (RFC 9110, section 15.5.6), else
// not_found. methods returns the methods by path template ("/tickets/{id}"); it is called per
// request, not at cold start, because parsing them is slow.
func RouteNotFound(methods func() (map[string][]string, error)) Endpoint {
	e := Public(func(_ context.Context, r *Request) (Response, error) {
		methods, err := methods()
		if err != nil {
			return Response{}, err
		}
		found := ""
		for path := range methods {
			if matchesTemplate(path, r.Path) && (found == "" || strings.Count(path, "{") < strings.Count(found, "{")) {
				found = path // /tickets/counts rather than /tickets/{id}
			}
		}
		if found == "" || slices.Contains(methods[found], r.Method) {
			return Response{}, apperr.New(apperr.NotFound, "")
		}
		response := Response{Headers: map[string]string{"allow": strings.Join(methods[found], ", ")}}
		return response, apperr.New(apperr.MethodNotAllowed, "")
	})
	e.unrouted = true
	return e
}

// matchesTemplate reports whether path matches a path template.
func matchesTemplate(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, part := range want {
		if strings.HasPrefix(part, "{") && have[i] == "" || !strings.HasPrefix(part, "{") && part != have[i] {
			return false
		}
	}
	return true
}
