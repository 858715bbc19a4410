package tap

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

// Tap is the handler that functions call in place of the services.
type Tap struct {
	Observe Observer
	To      func(service string) string // the address of a service; "" asks for that of addresses given away
	Kill    func(instance string) bool  // ends a process; false when there is none

	proxy *httputil.ReverseProxy
}

// maxBody bounds what a function sends in one call: twice what a transaction may hold.
const maxBody = 8 << 20

// New makes a tap.
func New(observe Observer, to func(service string) string, kill func(instance string) bool) *Tap {
	t := &Tap{Observe: observe, To: to, Kill: kill}
	t.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			_, service, _ := signer(r.In)
			if base, err := url.Parse(to(service)); err == nil {
				r.Out.URL.Scheme, r.Out.URL.Host = base.Scheme, base.Host
			}
			r.Out.Host = r.In.Host // which is part of what was signed
		},
		// A caller that was killed is not there to be told; others try again.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		Transport:    &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	return t
}

func (t *Tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, _, signed := signer(r); !signed {
		t.proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, _ := read(r, body)
	switch t.Observe(call) {
	case Pass:
		t.proxy.ServeHTTP(w, r)
	case Throttle:
		throttle(w, call)
	case Conflict:
		conflict(w, call)
	case KillBefore:
		t.kill(r, call)
	case KillAfter:
		t.proxy.ServeHTTP(nowhere{}, r)
		t.kill(r, call)
	case Cut:
		panic(http.ErrAbortHandler) // which ends the connection without an answer
	case LoseAnswer:
		t.proxy.ServeHTTP(nowhere{}, r)
		panic(http.ErrAbortHandler)
	case Hang:
		t.proxy.ServeHTTP(nowhere{}, r)
		<-r.Context().Done()
	}
}

// kill ends the caller. Its connection ends with it, never before: it would try
// again in the moment that it has left.
func (t *Tap) kill(r *http.Request, c Call) {
	if t.Kill(c.Instance) {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// nowhere takes an answer that nobody gets.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
