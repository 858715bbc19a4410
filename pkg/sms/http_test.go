package sms_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/sms"
)

// special has a character of each kind that one of the places escapes.
const special = "Code \"1\" & 50%+\nکد {secret} \\"

// newProvider returns a provider that answers with handle, and its address.
func newProvider(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func secretOf(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

func newSender(t *testing.T, p sms.Provider, secret string) *sms.HTTPSender {
	t.Helper()
	sender, err := sms.NewHTTP(p, secretOf(secret))
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// TestHTTP_Places checks that the provider gets each value unchanged, wherever it stands.
func TestHTTP_Places(t *testing.T) {
	type got struct{ method, path, to, text, header, kind, body string }
	for name, c := range map[string]struct {
		path     string
		provider sms.Provider
		want     got
	}{
		"JSON": {"/send", sms.Provider{Header: "Authorization: Bearer {secret}", Body: ` { "to": "{to}", "text": "{text}"}`}, got{
			method: "POST", path: "/send", header: "Bearer k&y+/%", kind: "application/json",
			body: ` { "to": "+989121112233", "text": "Code \"1\" \u0026 50%+\nکد {secret} \\"}`,
		}},
		"a form": {"/send", sms.Provider{Body: "to={digits}&text={text}&key={secret}"}, got{
			method: "POST", path: "/send", to: "989121112233", text: special, kind: "application/x-www-form-urlencoded",
			body: "to=989121112233&text=Code+%221%22+%26+50%25%2B%0A%DA%A9%D8%AF+%7Bsecret%7D+%5C&key=k%26y%2B%2F%25",
		}},
		"the address": {"/v1/{secret}/send?to={to}&text={text}", sms.Provider{}, got{method: "GET", path: "/v1/k&y+/%/send", to: "+989121112233", text: special}},
	} {
		var seen got
		c.provider.URL = newProvider(t, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			seen = got{method: r.Method, path: r.URL.Path, header: r.Header.Get("Authorization"), kind: r.Header.Get("Content-Type"), body: string(body)}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			seen.to, seen.text = r.FormValue("to"), r.FormValue("text")
		}) + c.path
		if err := newSender(t, c.provider, "k&y+/%\n").Send(t.Context(), "+989121112233", special); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if seen != c.want {
			t.Errorf("%s: got %+v, want %+v", name, seen, c.want)
		}
	}
}

// TestHTTP_Failures checks that each failure is an error, without the address, the text, the
// secret or the response, and that nothing is sent twice.
func TestHTTP_Failures(t *testing.T) {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) }) // after the parallel subtests
	for name, handle := range map[string]http.HandlerFunc{
		"400": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "geheim wrong", http.StatusBadRequest) },
		"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/geheim", http.StatusTemporaryRedirect)
		},
		"refused with 200": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{\"status\":418,\"text\":\"geheim\"}")
		},
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		},
		"an answer that does not end": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		},
		"a lost connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			address := newProvider(t, func(w http.ResponseWriter, r *http.Request) { calls.Add(1); handle(w, r) })
			provider := sms.Provider{URL: address + "/{secret}?to={to}&text={text}"}
			if name == "refused with 200" {
				provider.Accepted = "\"status\":200"
			}
			sender := newSender(t, provider, "geheim")
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := sender.Send(ctx, "+989121112233", "mytext")
			if err == nil || calls.Load() > 1 {
				t.Fatalf("got %v after %d requests", err, calls.Load())
			}
			for _, hidden := range []string{"geheim", "mytext", "989121112233", "/"} {
				if strings.Contains(strings.ReplaceAll(err.Error(), "net/http", ""), hidden) {
					t.Errorf("the error contains %q: %v", hidden, err)
				}
			}
		})
	}
}

// TestHTTP_Throttled checks that a 429 is no failed attempt.
func TestHTTP_Throttled(t *testing.T) {
	for status, want := range map[int]bool{http.StatusTooManyRequests: true, http.StatusServiceUnavailable: false} {
		address := newProvider(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		err := newSender(t, sms.Provider{URL: address + "/?to={to}&text={text}"}, "").Send(t.Context(), "+989121112233", "text")
		if err == nil || errors.Is(err, notification.ErrThrottled) != want {
			t.Errorf("%d: got %v, want throttled %v", status, err, want)
		}
	}
}

// TestHTTP_ReplacedSecret checks that the secret is read once, and again after a refusal.
func TestHTTP_ReplacedSecret(t *testing.T) {
	valid, reads := "first", 0
	address := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != valid {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	failure := errors.New("store down")
	sender, err := sms.NewHTTP(sms.Provider{URL: address, Header: "x-api-key: {secret}", Body: "to={to}&text={text}"}, func(context.Context) (string, error) {
		reads++
		return valid, failure
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func() error { return sender.Send(t.Context(), "+989121112233", "x") }
	if err := send(); !errors.Is(err, failure) {
		t.Errorf("got %v, want the failure of the store", err)
	}
	failure = nil
	for n, c := range []struct {
		valid string
		fails bool
		reads int
	}{{"first", false, 2}, {"first", false, 2}, {"second", true, 2}, {"second", false, 3}} {
		valid = c.valid
		if err := send(); (err != nil) != c.fails || reads != c.reads {
			t.Errorf("%d: got %v after %d reads, want %+v", n, err, reads, c)
		}
	}
}

func TestNewHTTP_Invalid(t *testing.T) {
	good := sms.Provider{URL: "https://sms.example/send", Header: "Key: {secret}", Body: "to={to}&text={text}"}
	if _, err := sms.NewHTTP(good, secretOf("x")); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*sms.Provider){
		"no text":            func(p *sms.Provider) { p.Body = "to={to}" },
		"no number":          func(p *sms.Provider) { p.Body = "text={text}" },
		"plain http":         func(p *sms.Provider) { p.URL = "http://sms.example/send" },
		"another scheme":     func(p *sms.Provider) { p.URL = "ftp://sms.example/send" },
		"no host":            func(p *sms.Provider) { p.URL = "https:///send" },
		"a broken address":   func(p *sms.Provider) { p.URL = "https://sms.example/%zz" },
		"broken JSON":        func(p *sms.Provider) { p.Body = "{\"to\":\"{to}\",\"text\":{text}}" },
		"a header of a name": func(p *sms.Provider) { p.Header = "Key" },
		"no header name":     func(p *sms.Provider) { p.Header = ": {secret}" },
		"two headers":        func(p *sms.Provider) { p.Header = "Key: x\r\nOther: y" },
		"text in the header": func(p *sms.Provider) { p.Header = "Key: {text}" },
	} {
		p := good
		change(&p)
		if _, err := sms.NewHTTP(p, secretOf("x")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
