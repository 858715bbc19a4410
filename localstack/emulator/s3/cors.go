package s3

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORSRule is one rule of the bucket's CorsConfiguration.
type CORSRule struct {
	Origins, Methods, Headers, Expose []string
	MaxAge                            int // seconds
}

// corsHeaders returns the headers of the first matching rule, or nil if none matches.
func corsHeaders(rules []CORSRule, r *http.Request) map[string]string {
	origin, method := r.Header.Get("Origin"), r.Method
	preflight := method == http.MethodOptions
	if preflight {
		method = r.Header.Get("Access-Control-Request-Method")
	}
	var wanted []string
	for _, name := range strings.Split(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			wanted = append(wanted, name)
		}
	}
	for _, rule := range rules {
		if origin == "" || !rule.allows(origin, method, wanted) {
			continue
		}
		headers := map[string]string{
			"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": strings.Join(rule.Methods, ", "),
			"Access-Control-Allow-Credentials": "true", "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
		}
		if slices.Contains(rule.Origins, "*") {
			headers["Access-Control-Allow-Origin"] = "*"
			delete(headers, "Access-Control-Allow-Credentials")
		}
		if len(rule.Expose) > 0 {
			headers["Access-Control-Expose-Headers"] = strings.Join(rule.Expose, ", ")
		}
		if preflight && len(wanted) > 0 {
			headers["Access-Control-Allow-Headers"] = strings.Join(wanted, ", ")
		}
		if preflight && rule.MaxAge > 0 {
			headers["Access-Control-Max-Age"] = strconv.Itoa(rule.MaxAge)
		}
		return headers
	}
	return nil
}

func (rule CORSRule) allows(origin, method string, headers []string) bool {
	if !slices.Contains(rule.Methods, method) || !slices.ContainsFunc(rule.Origins, func(o string) bool { return matchWildcard(o, origin) }) {
		return false
	}
	return !slices.ContainsFunc(headers, func(header string) bool {
		return !slices.ContainsFunc(rule.Headers, func(allowed string) bool { return matchWildcard(strings.ToLower(allowed), header) })
	})
}

// matchWildcard reports whether text matches a pattern with at most one asterisk.
func matchWildcard(pattern, text string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
