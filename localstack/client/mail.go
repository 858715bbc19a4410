package client

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mailPath is where ministack shows the mails that were sent.
const mailPath = "/_ministack/ses/messages"

// Mail is a mail as its reader gets it.
type Mail struct {
	Subject string
	Text    string
	HTML    string // empty when it has none
}

// sentMail is a mail as the local stack or ministack shows it.
type sentMail struct {
	To         any // an address here, a list of them there
	Subject    string
	Body, HTML string
	BodyText   string
	BodyHTML   string `json:"BodyHtml"`
}

// Mails lists the mails sent to an address, oldest first.
func (a *API) Mails(ctx context.Context, address string) ([]Mail, error) {
	path := a.outbox.url + "?" + url.Values{"channel": {"email"}, "to": {address}}.Encode()
	if !a.outbox.newest {
		path = strings.TrimSuffix(a.outbox.url, smsPath) + mailPath
	}
	answer, err := a.Fetch(ctx, path)
	if err != nil {
		return nil, err
	}
	var here struct{ Data []sentMail }
	var there struct{ Messages map[string][]sentMail } // by account
	if err := answer.Into(http.StatusOK, &here); err != nil {
		return nil, err
	}
	if err := answer.Into(http.StatusOK, &there); err != nil {
		return nil, err
	}
	slices.Reverse(here.Data)
	sent := here.Data
	for _, account := range there.Messages {
		sent = append(sent, account...)
	}
	var mails []Mail
	for _, m := range sent {
		to, _ := m.To.(string)
		list, _ := m.To.([]any)
		if to == address || slices.Contains(list, any(address)) {
			mails = append(mails, Mail{m.Subject, cmp.Or(m.Body, m.BodyText), cmp.Or(m.HTML, m.BodyHTML)})
		}
	}
	return mails, nil
}
