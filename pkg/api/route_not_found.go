package api

import (
	"context"
	"slices"
	"strings"

	"ticketsystem/pkg/apperr"
)

// RouteNotFound answers what no route takes: a path that is served for other methods
// is told apart from one that is not there (RFC 9110, section 15.5.6). methods
// gives those of each path, as templates ("/tickets/{id}"); it is asked at the
// first request, since reading them takes longer than all of the start.
func RouteNotFound(methods func() (map[string][]string, error)) Endpoint {
	return Endpoint{Public, func(_ context.Context, r *Request) (Response, error) {
		methods, err := methods()
		if err != nil {
			return Response{}, err
		}
		for path, served := range methods {
			if matchesTemplate(path, r.Path) && !slices.Contains(served, r.Method) {
				response := Response{Headers: map[string]string{"allow": strings.Join(served, ", ")}}
				return response, apperr.New(apperr.MethodNotAllowed, "")
			}
		}
		return Response{}, apperr.New(apperr.NotFound, "")
	}}
}

// matchesTemplate says whether a path is one of a template.
func matchesTemplate(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, part := range want {
		if !strings.HasPrefix(part, "{") && part != have[i] || have[i] == "" && i > 0 {
			return false
		}
	}
	return true
}
