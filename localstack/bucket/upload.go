package bucket

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
	maxFields = 20 << 10 // bytes of a form before its file
	maxObject = 5 << 30  // bytes of one object
	maxDrain  = 64 << 20 // bytes read of a refused upload, so that the client hears why
)

// post takes a browser's form: policy first, then the file while it streams in.
func (s *Server) post(w http.ResponseWriter, r *http.Request, settings Settings) *fault {
	parts, err := r.MultipartReader()
	if err != nil {
		return malformed(err)
	}
	form, file, f := readForm(parts)
	if f != nil {
		return f
	}
	defer func() { _, _ = io.CopyN(io.Discard, r.Body, maxDrain) }()
	form["bucket"] = settings.Name
	form["key"] = strings.ReplaceAll(form["key"], "${filename}", path.Base(file.FileName()))
	p, f := s.Credentials.checkPolicy(form, time.Now())
	if f != nil {
		return f
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
	etag, f := s.store(r, settings, o)
	if f != nil {
		return f
	}
	w.Header().Set("ETag", etag)
	status, _ := strconv.Atoi(form["success_action_status"]) // anything but these is 204
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

// readForm reads the fields up to the file, their names in lower case.
func readForm(parts *multipart.Reader) (map[string]string, *multipart.Part, *fault) {
	form, left := map[string]string{}, int64(maxFields)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil, &fault{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request."}
		}
		if err != nil {
			return nil, nil, malformed(err)
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			return form, part, nil
		}
		v, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, malformed(err)
		}
		if left -= int64(len(v)); left < 0 {
			return nil, nil, &fault{http.StatusBadRequest, "MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large."}
		}
		form[name] = string(v)
	}
}

// put takes an object from one that signed for it.
func (s *Server) put(w http.ResponseWriter, r *http.Request, settings Settings, key string) *fault {
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return &fault{http.StatusNotImplemented, "NotImplemented", "The local stack takes no body in signed chunks."}
	}
	o := object{key: key, header: r.Header, body: r.Body, maximum: -1, event: "ObjectCreated:Put"}
	etag, f := s.store(r, settings, o)
	if f == nil {
		w.Header().Set("ETag", etag)
		w.WriteHeader(http.StatusOK)
	}
	return f
}

// object is one on its way into the bucket.
type object struct {
	key              string
	header           http.Header
	body             io.Reader
	minimum, maximum int64 // bytes; maximum -1 for S3's own
	event            string
}

// store keeps an object once all of it has come and is what was promised, and
// then starts the functions that wait for it.
func (s *Server) store(r *http.Request, settings Settings, o object) (etag string, f *fault) {
	if o.key == "" {
		return "", &fault{http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain a field named 'key'."}
	}
	file, err := os.CreateTemp("", "stack-upload-")
	if err != nil {
		return "", s.internal(err)
	}
	defer func() {
		_ = file.Close() // it was only read since it was full
		_ = os.Remove(file.Name())
	}()
	limit := int64(maxObject)
	if o.maximum >= 0 {
		limit = o.maximum
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(o.body, limit+1))
	if err != nil {
		return "", malformed(err)
	}
	if f := o.check(size, limit, sum.Sum(nil)); f != nil {
		return "", f
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", s.internal(err)
	}
	inner := plain(r)
	inner.Method, inner.Body, inner.ContentLength = http.MethodPut, file, size
	inner.Header = plain(&http.Request{Header: o.header}).Header
	inner.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = "/"+settings.Name+"/"+o.key, "", ""
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	s.objects.ServeHTTP(answer, inner)
	if answer.status != http.StatusOK {
		return "", &fault{answer.status, "InternalError", answer.text.String()}
	}
	etag = answer.header.Get("ETag")
	s.created(r, settings, o, size, etag)
	return etag, nil
}

func (o object) check(size, limit int64, sum []byte) *fault {
	checksum, payload := o.header.Get("X-Amz-Checksum-Sha256"), o.header.Get("X-Amz-Content-Sha256")
	switch {
	case size > limit:
		return &fault{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
	case size < o.minimum:
		return &fault{http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}
	case checksum != "" && checksum != base64.StdEncoding.EncodeToString(sum):
		return &fault{http.StatusBadRequest, "BadDigest", "The SHA256 you specified did not match the calculated checksum."}
	case len(payload) == 64 && payload != hex.EncodeToString(sum):
		return &fault{http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}
	}
	return nil
}

// recorder keeps gofakes3's answer to a request that came from here.
type recorder struct {
	header http.Header
	status int
	text   strings.Builder
}

func (a *recorder) Header() http.Header         { return a.header }
func (a *recorder) WriteHeader(status int)      { a.status = status }
func (a *recorder) Write(p []byte) (int, error) { return a.text.Write(p) }

func malformed(err error) *fault {
	return &fault{http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data: " + err.Error()}
}

func (s *Server) internal(err error) *fault {
	s.Logf("s3: %v", err)
	return &fault{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
}
