package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"ticketsystem/pkg/notification"
)

// Provider describes the HTTP API of an SMS provider. URL, Header and Body may contain {to}
// (+98…), {digits} (98…), {text} and {secret}. The values are escaped for the place.
type Provider struct {
	URL      string // https, or http on this machine
	Header   string // "Name: value", or empty
	Body     string // JSON if it begins with {" or [, else a form. Empty: a GET without a body
	Accepted string // text that the response of an accepted message contains. Empty: any
}

// HTTPSender sends SMS messages through the HTTP API of a provider.
type HTTPSender struct {
	provider Provider
	header   string // its name
	secret   func(ctx context.Context) (string, error)
	client   *http.Client

	mu     sync.Mutex
	cached string
}

const (
	// sendTimeout bounds a request: the function has 10 s for all of a batch.
	sendTimeout = 5 * time.Second
	maxAnswer   = 64 << 10
)

var errNoPlaceholder = errors.New("needs {text}, and {to} or {digits}")

// NewHTTP returns an HTTPSender, or an error if the description of the provider is not valid.
// secret returns the secret; it is called at the first message, and again after a 401 or 403.
func NewHTTP(p Provider, secret func(ctx context.Context) (string, error)) (*HTTPSender, error) {
	s := &HTTPSender{provider: p, secret: secret, client: &http.Client{
		Timeout: sendTimeout,
		// Another host must not get the secret.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	places := p.URL + p.Header + p.Body
	if !strings.Contains(places, "{text}") || !strings.Contains(places, "{to}") && !strings.Contains(places, "{digits}") {
		return nil, errNoPlaceholder
	}
	if s.isJSON() && !json.Valid([]byte(s.body(values{}))) {
		return nil, errors.New("body: invalid JSON")
	}
	if p.Header != "" {
		name, value, found := strings.Cut(p.Header, ":")
		if s.header = strings.TrimSpace(name); !found || s.header == "" || strings.ContainsAny(name+value, "\r\n") || strings.Contains(p.Header, "{text}") {
			return nil, errors.New("header: must be \"Name: value\" without {text}")
		}
	}
	request, err := s.request(context.Background(), values{})
	if err != nil {
		return nil, errors.New("invalid address or header")
	}
	if ip := net.ParseIP(request.URL.Hostname()); request.URL.Scheme != "https" && (request.URL.Scheme != "http" || !ip.IsLoopback()) || request.URL.Host == "" {
		return nil, errors.New("address: must begin with https://")
	}
	return s, nil
}

// values are the values of the placeholders.
type values struct{ to, text, secret string }

var (
	placeholder = regexp.MustCompile(`\{(to|digits|text|secret)\}`)
	jsonStart   = regexp.MustCompile(`^\s*(\{\s*"|\[)`)
)

// fill replaces the placeholders of a template at once, so that a value is never read as one.
func fill(template string, v values, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(name string) string {
		switch name {
		case "{to}":
			return escape(v.to)
		case "{digits}":
			return escape(strings.TrimPrefix(v.to, "+"))
		case "{text}":
			return escape(v.text)
		}
		return escape(v.secret)
	})
}

func (s *HTTPSender) isJSON() bool { return jsonStart.MatchString(s.provider.Body) }

func (s *HTTPSender) body(v values) string {
	if s.isJSON() {
		return fill(s.provider.Body, v, escapeJSON)
	}
	return fill(s.provider.Body, v, url.QueryEscape)
}

// escapeJSON returns the text as it stands inside a JSON string.
func escapeJSON(text string) string {
	quoted, _ := json.Marshal(text) // cannot fail for a string
	return string(quoted[1 : len(quoted)-1])
}

func (s *HTTPSender) request(ctx context.Context, v values) (*http.Request, error) {
	method, mediaType := http.MethodPost, "application/x-www-form-urlencoded"
	switch {
	case s.provider.Body == "":
		method = http.MethodGet
	case s.isJSON():
		mediaType = "application/json"
	}
	address := fill(s.provider.URL, v, func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") })
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(s.body(v)))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", mediaType)
	}
	if s.header != "" {
		_, value, _ := strings.Cut(s.provider.Header, ":")
		request.Header.Set(s.header, strings.TrimSpace(fill(value, v, func(text string) string { return text })))
	}
	return request, nil
}

// Send sends text to an E.164 phone number. Success means that the provider accepted the
// message, not that it was delivered. It does not repeat a request: the queue does.
// It fails with notification.ErrThrottled after a 429. No error
// contains the URL, the text, the secret or the response.
func (s *HTTPSender) Send(ctx context.Context, to, text string) error {
	secret, err := s.readSecret(ctx)
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	request, err := s.request(ctx, values{to, text, secret})
	if err != nil {
		return errors.New("sms: invalid request, with this secret") // err contains the address
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("sms: %w", withoutAddress(err))
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden {
		s.forgetSecret() // it may have been replaced
	}
	if response.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("sms: %w", notification.ErrThrottled)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("sms: the provider answered %d", response.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("sms: %w", withoutAddress(err))
	}
	if !strings.Contains(string(answer), s.provider.Accepted) {
		return errors.New("sms: the provider did not accept the message")
	}
	return nil
}

// withoutAddress returns the cause of a failed request: the address may contain the secret.
func withoutAddress(err error) error {
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if failed := net.Error(nil); errors.As(err, &failed) && failed.Timeout() {
		return errors.New("timeout")
	}
	return err
}

// readSecret returns the secret, or nothing if no template contains it.
func (s *HTTPSender) readSecret(ctx context.Context) (string, error) {
	if !strings.Contains(s.provider.URL+s.provider.Header+s.provider.Body, "{secret}") {
		return "", nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cached == "" {
		text, err := s.secret(ctx)
		if err != nil {
			return "", err
		}
		s.cached = strings.TrimSpace(text)
	}
	return s.cached, nil
}

func (s *HTTPSender) forgetSecret() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached = ""
}
