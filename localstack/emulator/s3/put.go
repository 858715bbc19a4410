package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	maxFormBytes   = 20 << 10 // form fields before the file
	maxObjectBytes = 5 << 30  // one object
	maxDrainBytes  = 64 << 20 // read of a rejected upload, so that the client receives the error
)

// handlePost stores the file of a POST form after checking the form's policy.
func (s *Server) handlePost(w http.ResponseWriter, r *http.Request, settings Settings) (e *s3Error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return errMalformedForm(err)
	}
	form, file, e := readForm(parts)
	if e != nil {
		return e
	}
	upload := Upload{At: time.Now(), Type: form["content-type"]}
	defer func() { s.uploads.add(upload, e) }()
	defer func() { _, _ = io.CopyN(io.Discard, r.Body, maxDrainBytes) }()
	form["bucket"] = settings.Name
	form["key"] = strings.ReplaceAll(form["key"], "${filename}", path.Base(file.FileName()))
	upload.Key = form["key"]
	p, e := s.Credentials.checkPolicy(form, time.Now())
	if e != nil {
		return e
	}
	header := http.Header{"Content-Type": {"binary/octet-stream"}}
	for name, v := range form {
		switch {
		case strings.HasPrefix(name, "x-amz-meta-"), strings.HasPrefix(name, "x-amz-checksum-"),
			name == "content-type", name == "content-disposition", name == "content-encoding", name == "cache-control":
			header.Set(name, v)
		}
	}
	o := object{key: form["key"], header: header, body: file, minimum: p.minimum, maximum: p.maximum, event: "ObjectCreated:Post"}
	etag, size, e := s.putObject(r, settings, o)
	if upload.Size = size; e != nil {
		return e
	}
	w.Header().Set("ETag", etag)
	status, _ := strconv.Atoi(form["success_action_status"]) // other values result in 204
	switch status {
	case http.StatusOK:
		w.WriteHeader(status)
	case http.StatusCreated:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<PostResponse><Bucket>%s</Bucket><Key>%s</Key><ETag>%s</ETag></PostResponse>", settings.Name, form["key"], etag)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// readForm reads the fields up to the file, with names in lower case.
func readForm(parts *multipart.Reader) (map[string]string, *multipart.Part, *s3Error) {
	form, left := map[string]string{}, int64(maxFormBytes)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil, &s3Error{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request."}
		}
		if err != nil {
			return nil, nil, errMalformedForm(err)
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			return form, part, nil
		}
		v, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, errMalformedForm(err)
		}
		if left -= int64(len(v)); left < 0 {
			return nil, nil, &s3Error{http.StatusBadRequest, "MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large."}
		}
		form[name] = string(v)
	}
}

// handlePut stores the body of a signed PUT request.
func (s *Server) handlePut(w http.ResponseWriter, r *http.Request, settings Settings, key string) *s3Error {
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return &s3Error{http.StatusNotImplemented, "NotImplemented", "The local stack takes no body in signed chunks."}
	}
	o := object{key: key, header: r.Header, body: r.Body, maximum: -1, event: "ObjectCreated:Put"}
	etag, _, e := s.putObject(r, settings, o)
	if e == nil {
		w.Header().Set("ETag", etag)
		w.WriteHeader(http.StatusOK)
	}
	return e
}

// object is an upload.
type object struct {
	key              string
	header           http.Header
	body             io.Reader
	minimum, maximum int64 // bytes; maximum -1 for the limit of S3
	event            string
}

// putObject stores an upload after checking its size and digests, and then notifies
// functions. It buffers the upload in a temporary file.
func (s *Server) putObject(r *http.Request, settings Settings, o object) (etag string, size int64, e *s3Error) {
	if o.key == "" {
		return "", 0, &s3Error{http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain a field named 'key'."}
	}
	file, err := os.CreateTemp("", "stack-upload-")
	if err != nil {
		return "", size, s.internalError(err)
	}
	defer func() {
		_ = file.Close() // it was only read
		_ = os.Remove(file.Name())
	}()
	limit := int64(maxObjectBytes)
	if o.maximum >= 0 {
		limit = o.maximum
	}
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(o.body, limit+1))
	if err != nil {
		return "", size, errMalformedForm(err)
	}
	if e := o.check(size, limit, sum.Sum(nil)); e != nil {
		return "", size, e
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", size, s.internalError(err)
	}
	inner := withoutSignature(r)
	inner.Method, inner.Body, inner.ContentLength = http.MethodPut, file, size
	inner.Header = withoutSignature(&http.Request{Header: o.header}).Header
	inner.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = "/"+settings.Name+"/"+o.key, "", ""
	response := &responseRecorder{header: http.Header{}, status: http.StatusOK}
	s.mu.Lock()
	s.objects.ServeHTTP(response, inner)
	s.mu.Unlock()
	if response.status != http.StatusOK {
		return "", size, &s3Error{response.status, "InternalError", response.body.String()}
	}
	etag = response.header.Get("ETag")
	s.notifyCreated(r, settings, o, size, etag)
	return etag, size, nil
}

func (o object) check(size, limit int64, sum []byte) *s3Error {
	checksum, payload := o.header.Get("X-Amz-Checksum-Sha256"), o.header.Get("X-Amz-Content-Sha256")
	switch {
	case size > limit:
		return &s3Error{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
	case size < o.minimum:
		return &s3Error{http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}
	case checksum != "" && checksum != base64.StdEncoding.EncodeToString(sum):
		return &s3Error{http.StatusBadRequest, "BadDigest", "The SHA256 you specified did not match the calculated checksum."}
	case len(payload) == 64 && payload != hex.EncodeToString(sum):
		return &s3Error{http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}
	}
	return nil
}

// responseRecorder records the response of gofakes3 to an internal request.
type responseRecorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *responseRecorder) Header() http.Header         { return r.header }
func (r *responseRecorder) WriteHeader(status int)      { r.status = status }
func (r *responseRecorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func errMalformedForm(err error) *s3Error {
	return &s3Error{http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data: " + err.Error()}
}

func (s *Server) internalError(err error) *s3Error {
	s.Logf("s3: %v", err)
	return &s3Error{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
}
