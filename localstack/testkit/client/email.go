package client

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// emailPath is the path at which ministack lists sent e-mails.
const emailPath = "/_ministack/ses/messages"

// Email is a received e-mail.
type Email struct {
	Subject string
	Text    string
	HTML    string // empty if it has none
}

// outboxEmail is an e-mail in the outbox of the local stack or ministack.
type outboxEmail struct {
	To         any // an address in the local stack, a list in ministack
	Subject    string
	Body, HTML string
	BodyText   string
	BodyHTML   string `json:"BodyHtml"`
}

// Emails returns the e-mails sent to an address, oldest first.
func (a *API) Emails(ctx context.Context, address string) ([]Email, error) {
	path := a.outbox.url + "?" + url.Values{"channel": {"email"}, "to": {address}}.Encode()
	if !a.outbox.newestFirst {
		path = strings.TrimSuffix(a.outbox.url, smsPath) + emailPath
	}
	response, err := a.Fetch(ctx, path)
	if err != nil {
		return nil, err
	}
	var localStack struct{ Data []outboxEmail }
	var ministack struct{ Messages map[string][]outboxEmail } // by account
	if err := response.Decode(http.StatusOK, &localStack); err != nil {
		return nil, err
	}
	if err := response.Decode(http.StatusOK, &ministack); err != nil {
		return nil, err
	}
	slices.Reverse(localStack.Data)
	sent := localStack.Data
	for _, account := range ministack.Messages {
		sent = append(sent, account...)
	}
	var emails []Email
	for _, m := range sent {
		to, _ := m.To.(string)
		list, _ := m.To.([]any)
		if to == address || slices.Contains(list, any(address)) {
			emails = append(emails, Email{m.Subject, cmp.Or(m.Body, m.BodyText), cmp.Or(m.HTML, m.BodyHTML)})
		}
	}
	return emails, nil
}
