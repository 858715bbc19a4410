package awsproxy

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Observer sees each call before it goes out, and says what becomes of it. It
// is asked by many at once.
type Observer func(Call) Fault

// Proxy is the handler that functions call in place of the services.
type Proxy struct {
	Observe      Observer
	Endpoint     func(service string) string // the address of a service; "" asks for that of addresses given away
	KillInstance func(instance string) bool  // ends a process; false when there is none

	proxy *httputil.ReverseProxy
}

// maxBodyBytes bounds what a function sends in one call: twice what a transaction may hold.
const maxBodyBytes = 8 << 20

// New makes a tap.
func New(observe Observer, endpoint func(service string) string, kill func(instance string) bool) *Proxy {
	p := &Proxy{Observe: observe, Endpoint: endpoint, KillInstance: kill}
	p.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			_, service, _ := accessKeyOf(r.In)
			if base, err := url.Parse(endpoint(service)); err == nil {
				r.Out.URL.Scheme, r.Out.URL.Host = base.Scheme, base.Host
			}
			r.Out.Host = r.In.Host // which is part of what was signed
		},
		// A caller that was killed is not there to be told; others try again.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		Transport:    &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute, DisableCompression: true},
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
		p.proxy.ServeHTTP(w, r)
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
		panic(http.ErrAbortHandler) // which ends the connection without an answer
	case DropResponse:
		p.proxy.ServeHTTP(discardWriter{}, r)
		panic(http.ErrAbortHandler)
	case Hang:
		p.proxy.ServeHTTP(discardWriter{}, r)
		<-r.Context().Done()
	}
}

// killCaller ends the caller. Its connection ends with it, never before: it would try
// again in the moment that it has left.
func (p *Proxy) killCaller(r *http.Request, c Call) {
	if p.KillInstance(c.Instance) {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// discardWriter takes an answer that nobody gets.
type discardWriter struct{}

func (discardWriter) Header() http.Header         { return http.Header{} }
func (discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (discardWriter) WriteHeader(int)             {}
