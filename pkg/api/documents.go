package api

import (
	"context"
	"net/http"
	"strconv"

	"ticketsystem/pkg/fault"
)

// File is a document that is served as it stands.
type File struct {
	Content []byte
	// Make gives the content of a file without Content, at its first request:
	// what takes long to make shall not hold up the start.
	Make func() ([]byte, error)
	Type string // media type
	// Encoding is how Content is packed ("gzip"); "" for not at all.
	Encoding string
	// Policy is the Content-Security-Policy of a page; "" for none.
	Policy string
}

// documentLife is how long a client may keep a document, in seconds.
const documentLife = 300

// ServeFiles serves public documents by the path of their routes.
func ServeFiles(files map[string]File) Endpoint {
	return Endpoint{Anyone, func(_ context.Context, r *Request) (Response, error) {
		f, known := files[r.Path]
		if !known {
			return Response{}, fault.New(fault.NotFound, "")
		}
		content := f.Content
		if f.Make != nil {
			var err error
			if content, err = f.Make(); err != nil {
				return Response{}, err
			}
		}
		headers := map[string]string{"content-type": f.Type, "cache-control": "public, max-age=" + strconv.Itoa(documentLife)}
		for name, value := range map[string]string{"content-encoding": f.Encoding, "content-security-policy": f.Policy} {
			if value != "" {
				headers[name] = value
			}
		}
		return Response{Status: http.StatusOK, Headers: headers, File: content}, nil
	}}
}
