package api

import (
	"context"
	"slices"
	"strings"

	"ticketsystem/pkg/fault"
)

// Missing answers what no route takes: a path that is served for other methods
// is told apart from one that is not there (RFC 9110, section 15.5.6). methods
// gives those of each path, as templates ("/tickets/{id}"); it is asked at the
// first request, since reading them takes longer than all of the start.
func Missing(methods func() (map[string][]string, error)) Endpoint {
	return Endpoint{Anyone, func(_ context.Context, r *Request) (Response, error) {
		methods, err := methods()
		if err != nil {
			return Response{}, err
		}
		for path, served := range methods {
			if matches(path, r.Path) && !slices.Contains(served, r.Method) {
				response := Response{Headers: map[string]string{"allow": strings.Join(served, ", ")}}
				return response, fault.New(fault.MethodNotAllowed, "")
			}
		}
		return Response{}, fault.New(fault.NotFound, "")
	}}
}

// matches says whether a path is one of a template.
func matches(template, path string) bool {
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
