package api

import (
	"context"
	"net/http"
	"strconv"

	"ticketsystem/pkg/apperr"
)

// StaticFile is a document that is served as it stands.
type StaticFile struct {
	Content []byte
	// Load gives the content of a file without Content, at its first request:
	// what takes long to make shall not hold up the start.
	Load func() ([]byte, error)
	Type string // media type
	// Encoding is how Content is packed ("gzip"); "" for not at all.
	Encoding string
	// Policy is the Content-Security-Policy of a page; "" for none.
	Policy string
}

// staticMaxAge is how long a client may keep a document, in seconds.
const staticMaxAge = 300

// ServeStatic serves public documents by the path of their routes.
func ServeStatic(files map[string]StaticFile) Endpoint {
	return Endpoint{Public, func(_ context.Context, r *Request) (Response, error) {
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
	}}
}
