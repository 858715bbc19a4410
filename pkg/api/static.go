package api

import (
	"context"
	"net/http"
	"strconv"

	"ticketsystem/pkg/apperr"
)

// StaticFile is a document that ServeStatic serves unchanged. Exactly one of Content and Load is set.
type StaticFile struct {
	Content []byte
	// Load returns the content per request. It keeps slow work out of the cold start.
	Load     func() ([]byte, error)
	Type     string // media type
	Encoding string // content-encoding of the content, "" for none
	Policy   string // Content-Security-Policy, "" for none
}

// staticMaxAge is how long clients may cache a document, in seconds.
const staticMaxAge = 300

// ServeStatic returns the endpoint that serves public documents by path. It fails with not_found.
func ServeStatic(files map[string]StaticFile) Endpoint {
	return Public(func(_ context.Context, r *Request) (Response, error) {
		f, known := files[r.Path]
		if !known {
			return Response{}, apperr.New(apperr.NotFound, "")
		}
		content := f.Content
		if f.Load != nil {
			var err error
			if content, err = f.Load(); err != nil {
				return Response{}, err
			}
		}
		headers := map[string]string{"content-type": f.Type, "cache-control": "public, max-age=" + strconv.Itoa(staticMaxAge)}
		for name, value := range map[string]string{"content-encoding": f.Encoding, "content-security-policy": f.Policy} {
			if value != "" {
				headers[name] = value
			}
		}
		return Response{Status: http.StatusOK, Headers: headers, File: content}, nil
	})
}
