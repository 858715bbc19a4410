// Package s3 emulates one S3 bucket. gofakes3 stores the objects; this package adds
// signatures, POST policies, limits, CORS and event notifications.
package s3

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"
)

// Settings is the definition of the bucket in the template.
type Settings struct {
	Name          string
	CORS          []CORSRule
	Notifications []Notification
}

// Server serves the bucket.
type Server struct {
	Settings    func() Settings // of the current template
	Credentials Credentials
	Notify      func(function string, payload []byte) // invokes a function asynchronously
	Logf        func(string, ...any)

	uploads uploads
	objects http.Handler
	mu      sync.RWMutex // held between the check of a condition and the operation
}

// New opens a bucket in a folder. An empty folder keeps the objects in memory.
func New(folder, name string) (*Server, error) {
	if name == "" {
		name = "none" // the template has no bucket
	}
	files := afero.NewMemMapFs()
	if folder != "" {
		var err error
		if files, err = s3afero.FsPath(folder, s3afero.FsPathCreateAll); err != nil {
			return nil, fmt.Errorf("s3: %w", err)
		}
	}
	backend, err := s3afero.MultiBucket(files)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if exists, err := backend.BucketExists(name); err != nil || !exists {
		if err := backend.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("s3: bucket %s: %w", name, err)
		}
	}
	// The signature check includes the clock skew.
	return &Server{objects: gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()}, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	settings := s.Settings()
	headers := corsHeaders(settings.CORS, r)
	w = &responseWriter{ResponseWriter: w, cors: headers, keepChecksums: r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && r.Header.Get("Range") == ""}
	if r.Method == http.MethodOptions {
		if headers == nil {
			errAccessDenied("CORSResponse: This CORS request is not allowed.").write(w, r)
			return
		}
		w.WriteHeader(http.StatusOK)
		return
	}
	form := r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
	if !form {
		if e := s.Credentials.authenticate(r, time.Now()); e != nil {
			e.write(w, r)
			return
		}
	}
	// Virtual-hosted-style URLs become paths after the signature check, because the
	// host is signed.
	if strings.HasPrefix(r.Host, settings.Name+".") {
		r.URL.Path, r.URL.RawPath = "/"+settings.Name+r.URL.Path, ""
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != settings.Name {
		(&s3Error{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}).write(w, r)
		return
	}
	var e *s3Error
	switch {
	case form:
		e = s.handlePost(w, r, settings)
	case r.Method == http.MethodPut && key != "" && !r.URL.Query().Has("partNumber") && r.Header.Get("X-Amz-Copy-Source") == "":
		e = s.handlePut(w, r, settings, key)
	default:
		e = s.handleConditional(w, withoutSignature(r))
	}
	if e != nil {
		e.write(w, r)
	}
}

// withoutSignature returns the request without its signature headers, which gofakes3
// would store with the object.
func withoutSignature(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for name := range r.Header {
		switch name {
		case "Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amz-Checksum-Mode":
			r.Header.Del(name)
		}
	}
	return r
}

// responseWriter replaces the CORS headers of gofakes3, and removes checksums where
// S3 sends none.
type responseWriter struct {
	http.ResponseWriter
	cors          map[string]string
	keepChecksums bool
	headerWritten bool
}

func (w *responseWriter) WriteHeader(status int) {
	if w.headerWritten {
		return
	}
	w.headerWritten = true
	header := w.Header()
	for name := range header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "access-control-") || !w.keepChecksums && strings.HasPrefix(lower, "x-amz-checksum-") {
			header.Del(name)
		}
	}
	for name, v := range w.cors {
		header.Set(name, v)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// s3Error is an error response of S3.
type s3Error struct {
	status        int
	code, message string
}

func errAccessDenied(message string) *s3Error {
	return &s3Error{http.StatusForbidden, "AccessDenied", message}
}

func (e *s3Error) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status)
	if r.Method == http.MethodHead {
		return
	}
	text, _ := xml.Marshal(struct { // two strings always encode
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: e.code, Message: e.message})
	_, _ = w.Write(append([]byte(xml.Header), text...)) // the client may have disconnected
}
