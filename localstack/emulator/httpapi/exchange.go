package httpapi

import (
	"encoding/json"
	"net/http"
	"time"
)

// maxProblemBytes limits the recorded body of an error response.
const maxProblemBytes = 16 << 10

// Exchange is a request and its response.
type Exchange struct {
	At        time.Time       `json:"at"`
	Method    string          `json:"method"`
	Path      string          `json:"path"` // with the query string
	Status    int             `json:"status"`
	Ms        float64         `json:"ms"`
	RequestID string          `json:"requestId"`
	Function  string          `json:"function"`          // empty if none was invoked
	Problem   json.RawMessage `json:"problem,omitempty"` // body of an error response
}

// observedWriter records the status, and the body of an error response.
type observedWriter struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (w *observedWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *observedWriter) Write(p []byte) (int, error) {
	if w.status >= http.StatusBadRequest && len(w.body)+len(p) <= maxProblemBytes {
		w.body = append(w.body, p...)
	}
	return w.ResponseWriter.Write(p)
}

// exchange completes x with the response.
func (w *observedWriter) exchange(x Exchange) Exchange {
	x.Status, x.Ms = w.status, float64(time.Since(x.At).Microseconds())/1000
	if json.Valid(w.body) {
		x.Problem = w.body
	}
	return x
}
