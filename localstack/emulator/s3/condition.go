package s3

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// handleConditional serves a read, a copy or a deletion. It checks the conditions on
// the ETag of a read and of the source of a copy, which gofakes3 ignores. No object
// is written between the check and the operation.
func (s *Server) handleConditional(w http.ResponseWriter, r *http.Request) *s3Error {
	target, match, noneMatch := r.URL.Path, "If-Match", "If-None-Match"
	if source := r.Header.Get("X-Amz-Copy-Source"); source != "" {
		decoded, err := url.PathUnescape(strings.TrimPrefix(source, "/"))
		if err != nil {
			return &s3Error{http.StatusBadRequest, "InvalidArgument", "Invalid copy source encoding."}
		}
		target, match, noneMatch = "/"+decoded, "X-Amz-Copy-Source-If-Match", "X-Amz-Copy-Source-If-None-Match"
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.mu.Lock()
		defer s.mu.Unlock()
	} else if r.Header.Values(match) != nil {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	if e := s.checkConditions(r, target, r.Header.Values(match), r.Header.Values(noneMatch)); e != nil {
		return e
	}
	s.objects.ServeHTTP(w, r)
	return nil
}

// checkConditions compares the ETag of an object with the values of two headers. An
// empty value is refused: S3 does not document it, and a client never means it.
func (s *Server) checkConditions(r *http.Request, target string, match, noneMatch []string) *s3Error {
	if len(match) == 0 && len(noneMatch) == 0 {
		return nil
	}
	for _, v := range slices.Concat(match, noneMatch) {
		if strings.Trim(v, `" `) == "" {
			return &s3Error{http.StatusBadRequest, "InvalidArgument", "The ETag of a condition must not be empty."}
		}
	}
	etag, found := s.etagOf(r, target)
	failed := len(match) > 0 && !matchesETag(match[0], etag) || len(noneMatch) > 0 && matchesETag(noneMatch[0], etag)
	switch {
	case !found: // the operation reports it
		return nil
	case failed && len(match) == 0 && r.Method != http.MethodPut:
		return &s3Error{http.StatusNotModified, "NotModified", "Not Modified"}
	case failed:
		return &s3Error{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"}
	}
	return nil
}

// etagOf returns the ETag of the object at a path, without quotes.
func (s *Server) etagOf(r *http.Request, target string) (etag string, found bool) {
	head := r.Clone(r.Context())
	head.Method, head.Body, head.ContentLength, head.Header = http.MethodHead, http.NoBody, 0, http.Header{}
	head.URL = &url.URL{Path: target}
	response := &responseRecorder{header: http.Header{}, status: http.StatusOK}
	s.objects.ServeHTTP(response, head)
	return strings.Trim(response.header.Get("ETag"), `"`), response.status == http.StatusOK
}

// matchesETag reports whether a condition is "*" or lists the ETag.
func matchesETag(condition, etag string) bool {
	for v := range strings.SplitSeq(condition, ",") {
		if v = strings.TrimSpace(v); v == "*" || strings.Trim(v, `"`) == etag {
			return true
		}
	}
	return false
}
