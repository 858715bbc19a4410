// Package bucket is S3 with one bucket: gofakes3 keeps the objects, and in
// front of it stands what it does not do: signatures, POST policies, limits,
// CORS and the events that start functions.
package bucket

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"
)

// Settings is what the template says about the bucket.
type Settings struct {
	Name          string
	CORS          []Rule
	Notifications []Notification
}

// Server serves the bucket.
type Server struct {
	Settings    func() Settings // the template's current state
	Credentials Credentials
	Notify      func(function string, payload []byte) // starts a function, with retries
	Logf        func(string, ...any)

	objects http.Handler
}

// New opens a bucket in a folder; an empty folder keeps it in memory.
func New(folder, name string) (*Server, error) {
	if name == "" {
		name = "none" // a template without a bucket
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
	if there, err := backend.BucketExists(name); err != nil || !there {
		if err := backend.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("s3: bucket %s: %w", name, err)
		}
	}
	// The clock is checked with the signature, so not again.
	return &Server{objects: gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()}, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	settings := s.Settings()
	headers := cors(settings.CORS, r)
	w = &filter{ResponseWriter: w, cors: headers, checksums: r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && r.Header.Get("Range") == ""}
	if r.Method == http.MethodOptions {
		if headers == nil {
			denied("CORSResponse: This CORS request is not allowed.").write(w, r)
			return
		}
		w.WriteHeader(http.StatusOK)
		return
	}
	form := r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
	if !form {
		if f := s.Credentials.authenticate(r, time.Now()); f != nil {
			f.write(w, r)
			return
		}
	}
	// Addresses with the bucket as host name are signed in that form, so they
	// become paths only now.
	if strings.HasPrefix(r.Host, settings.Name+".") {
		r.URL.Path, r.URL.RawPath = "/"+settings.Name+r.URL.Path, ""
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != settings.Name {
		(&fault{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}).write(w, r)
		return
	}
	var f *fault
	switch {
	case form:
		f = s.post(w, r, settings)
	case r.Method == http.MethodPut && key != "" && !r.URL.Query().Has("partNumber") && r.Header.Get("X-Amz-Copy-Source") == "":
		f = s.put(w, r, settings, key)
	default:
		s.objects.ServeHTTP(w, plain(r))
	}
	if f != nil {
		f.write(w, r)
	}
}

// plain is the request without what belongs to its signature: gofakes3 would
// keep those headers with the object.
func plain(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for name := range r.Header {
		switch name {
		case "Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amz-Checksum-Mode":
			r.Header.Del(name)
		}
	}
	return r
}

// filter puts the bucket's CORS headers in the place of gofakes3's own, and
// takes checksums away where S3 gives none.
type filter struct {
	http.ResponseWriter
	cors      map[string]string
	checksums bool // may stay
	began     bool
}

func (f *filter) WriteHeader(status int) {
	if f.began {
		return
	}
	f.began = true
	header := f.Header()
	for name := range header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "access-control-") || !f.checksums && strings.HasPrefix(lower, "x-amz-checksum-") {
			header.Del(name)
		}
	}
	for name, v := range f.cors {
		header.Set(name, v)
	}
	f.ResponseWriter.WriteHeader(status)
}

func (f *filter) Write(p []byte) (int, error) {
	f.WriteHeader(http.StatusOK)
	return f.ResponseWriter.Write(p)
}

// fault is an error as S3 says it.
type fault struct {
	status        int
	code, message string
}

func denied(message string) *fault { return &fault{http.StatusForbidden, "AccessDenied", message} }

func (f *fault) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	if r.Method == http.MethodHead {
		return
	}
	text, _ := xml.Marshal(struct { // two strings always encode
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: f.code, Message: f.message})
	_, _ = w.Write(append([]byte(xml.Header), text...)) // a client that went away needs no answer
}
