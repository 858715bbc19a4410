package awsproxy

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Observer sees each call before it is forwarded and returns the fault to inject. It
// must be safe for concurrent use.
type Observer func(Call) Fault

// Proxy forwards the calls of functions to the services.
type Proxy struct {
	Observe      Observer
	Endpoint     func(service string) string // URL of a service; "" is that of presigned requests
	KillInstance func(instance string) bool  // kills a process; false if there is none
	// DynamoDB returns the body that the engine gets, or the message of the error with which
	// DynamoDB refuses the request. It may be nil.
	DynamoDB func(operation string, body []byte) (rewritten []byte, refusal string)
	// Consumed is called with the capacity units of each DynamoDB call that was forwarded. It
	// may be nil.
	Consumed func(c Call, read, write float64)

	proxy *httputil.ReverseProxy
}

// maxBodyBytes limits a request: twice the maximum size of a transaction.
const maxBodyBytes = 8 << 20

// New returns a proxy. Endpoint returns the URL of a service, and kill ends an
// instance.
func New(observe Observer, endpoint func(service string) string, kill func(instance string) bool) *Proxy {
	p := &Proxy{Observe: observe, Endpoint: endpoint, KillInstance: kill}
	p.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			_, service, _ := accessKeyOf(r.In)
			if base, err := url.Parse(endpoint(service)); err == nil {
				r.Out.URL.Scheme, r.Out.URL.Host = base.Scheme, base.Host
			}
			r.Out.Host = r.In.Host // part of the signature
		},
		// A killed caller does not receive the status; others retry.
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: p.measure,
		Transport:      &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	return p
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, _, signed := accessKeyOf(r); !signed {
		p.proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, _ := parseCall(r, body)
	switch p.Observe(call) {
	case None:
		p.forward(w, r, call)
	case Throttle:
		writeThrottle(w, call)
	case Conflict:
		writeConflict(w, call)
	case KillBefore:
		p.killCaller(r, call)
	case KillAfter:
		p.proxy.ServeHTTP(discardWriter{}, r)
		p.killCaller(r, call)
	case CloseConnection:
		panic(http.ErrAbortHandler) // closes the connection without a response
	case DropResponse:
		p.proxy.ServeHTTP(discardWriter{}, r)
		panic(http.ErrAbortHandler)
	case Hang:
		p.proxy.ServeHTTP(discardWriter{}, r)
		<-r.Context().Done()
	}
}

// forward forwards a call.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, c Call) {
	if c.Service == "dynamodb" {
		body := c.Body
		if p.DynamoDB != nil {
			var refusal string
			if body, refusal = p.DynamoDB(c.Operation, c.Body); refusal != "" {
				writeError(w, http.StatusBadRequest, "com.amazon.coral.validate#ValidationException", refusal)
				return
			}
		}
		r = p.requestCapacity(r, c, body)
	}
	p.proxy.ServeHTTP(w, r)
}

// killCaller kills the calling instance. The connection stays open until the process
// has exited, because the SDK would retry otherwise.
func (p *Proxy) killCaller(r *http.Request, c Call) {
	if p.KillInstance(c.Instance) {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// discardWriter discards a response.
type discardWriter struct{}

func (discardWriter) Header() http.Header         { return http.Header{} }
func (discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (discardWriter) WriteHeader(int)             {}
