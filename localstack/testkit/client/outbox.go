package client

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	outboxPollInterval = 100 * time.Millisecond
	outboxTimeout      = 30 * time.Second
)

// outbox reads the text messages that a stack would have sent.
type outbox struct {
	http        *http.Client
	url         string
	newestFirst bool
}

func newOutbox(client *http.Client, api, address string) outbox {
	address = strings.TrimRight(address, "/")
	if address == "" || address == api || strings.HasSuffix(address, "/_local/outbox") {
		return outbox{http: client, url: api + "/_local/outbox", newestFirst: true}
	}
	return outbox{http: client, url: strings.TrimSuffix(address, smsPath) + smsPath}
}

// smsPath is the path at which ministack lists SMS messages.
const smsPath = "/_ministack/sns/sms-messages"

// textMessages returns the messages to a phone number (E.164), oldest first.
func (o outbox) textMessages(ctx context.Context, phone string) ([]string, error) {
	query := url.Values{"channel": {"sms"}, "to": {phone}, "phoneNumber": {phone}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+"?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	response, err := send(o.http, request, "GET "+o.url)
	if err != nil {
		return nil, err
	}
	var content any
	if err := response.Decode(http.StatusOK, &content); err != nil {
		return nil, err
	}
	texts := collectTexts(nil, content, phone)
	if o.newestFirst {
		slices.Reverse(texts)
	}
	return texts, nil
}

// collectTexts collects the messages to phone from a document of any structure. The
// local stack uses the fields to and body, ministack PhoneNumber and Message.
func collectTexts(texts []string, node any, phone string) []string {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			texts = collectTexts(texts, child, phone)
		}
	case map[string]any:
		to, _ := cmp.Or(node["to"], node["PhoneNumber"]).(string)
		body, _ := cmp.Or(node["body"], node["Message"]).(string)
		if to == phone && body != "" {
			return append(texts, body)
		}
		for _, child := range node {
			texts = collectTexts(texts, child, phone)
		}
	}
	return texts
}

// codes returns the one-time codes sent to a phone number, oldest first. Other
// messages are skipped.
func (o outbox) codes(ctx context.Context, phone string) ([]string, error) {
	texts, err := o.textMessages(ctx, phone)
	var codes []string
	for _, text := range texts {
		if code, err := ParseCode(text); err == nil {
			codes = append(codes, code)
		}
	}
	return codes, err
}

// awaitCode waits until more than `before` codes were sent to a number and returns
// the newest.
func (o outbox) awaitCode(ctx context.Context, phone string, before int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, outboxTimeout)
	defer cancel()
	for {
		codes, err := o.codes(ctx, phone)
		if err != nil {
			return "", err
		}
		if len(codes) > before {
			return codes[len(codes)-1], nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("outbox: got %d codes to %s after %s, want %d", len(codes), phone, outboxTimeout, before+1)
		case <-time.After(outboxPollInterval):
		}
	}
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// ParseCode returns the one-time code in a message. Its digits may be Persian.
func ParseCode(text string) (string, error) {
	latin := strings.Map(func(r rune) rune {
		if r >= '۰' && r <= '۹' {
			return r - '۰' + '0'
		}
		return r
	}, text)
	code := sixDigits.FindString(latin)
	if code == "" {
		return "", fmt.Errorf("outbox: got %q, want a message with six digits", text)
	}
	return code, nil
}

// TextMessages returns the text messages sent to a phone number (E.164), oldest
// first.
func (a *API) TextMessages(ctx context.Context, phone string) ([]string, error) {
	return a.outbox.textMessages(ctx, phone)
}

// RequestCode requests a one-time code and reads it from the outbox. The phone number
// is E.164; purpose is signup, login or reset.
func (a *API) RequestCode(ctx context.Context, phone, purpose string) (string, error) {
	code, _, err := a.requestCode(ctx, phone, purpose, a.Do)
	return code, err
}

// RequestCode requests a code as the user, and reads it from the outbox.
func (u *User) RequestCode(ctx context.Context, phone, purpose string) (string, error) {
	code, _, err := u.API.requestCode(ctx, phone, purpose, u.Do)
	return code, err
}

// RequestChallenge is RequestCode with options, and also returns the challenge of the code.
func (a *API) RequestChallenge(ctx context.Context, phone, purpose string, options ...Option) (code, challenge string, err error) {
	return a.requestCode(ctx, phone, purpose, a.Do, options...)
}

func (a *API) requestCode(ctx context.Context, phone, purpose string, do func(ctx context.Context, method, path string, body any, options ...Option) (Response, error), options ...Option) (code, challenge string, err error) {
	before, err := a.outbox.codes(ctx, phone)
	if err != nil {
		return "", "", err
	}
	response, err := do(ctx, http.MethodPost, "/otp", map[string]string{"phone": phone, "purpose": purpose}, options...)
	if err != nil {
		return "", "", err
	}
	var sent struct{ Challenge string }
	if err := response.Decode(http.StatusAccepted, &sent); err != nil {
		return "", "", err
	}
	code, err = a.outbox.awaitCode(ctx, phone, len(before))
	return code, sent.Challenge, err
}
