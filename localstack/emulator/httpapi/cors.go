package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS is the CorsConfiguration of an HTTP API.
type CORS struct {
	Origins, Methods, Headers, Expose []string
	Credentials                       bool
	MaxAge                            int // seconds
}

func (c *CORS) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins, func(allowed string) bool {
		scheme, wild := strings.CutSuffix(allowed, "*")
		return allowed == "*" || strings.EqualFold(allowed, origin) || wild && strings.HasPrefix(origin, scheme)
	})
}

// handle sets the CORS headers for an allowed origin. It answers preflight requests
// and then reports true; these do not invoke a function.
func (c *CORS) handle(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	preflight := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
	if origin != "" && c.allows(origin) {
		c.setHeaders(w.Header(), origin, preflight)
	}
	if preflight {
		w.WriteHeader(http.StatusNoContent)
	}
	return preflight
}

func (c *CORS) setHeaders(header http.Header, origin string, preflight bool) {
	if slices.Contains(c.Origins, "*") && !c.Credentials {
		origin = "*"
	} else {
		header.Add("Vary", "origin")
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if c.Credentials {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	list := func(name string, values []string) {
		if len(values) > 0 {
			header.Set(name, strings.Join(values, ","))
		}
	}
	if !preflight {
		list("Access-Control-Expose-Headers", c.Expose)
		return
	}
	list("Access-Control-Allow-Methods", c.Methods)
	list("Access-Control-Allow-Headers", c.Headers)
	if c.MaxAge > 0 {
		header.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	}
}
