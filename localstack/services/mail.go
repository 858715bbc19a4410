package services

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// MailEvents is an event destination of a configuration set.
type MailEvents struct {
	Topic string   // ARN
	Kinds []string // bounce, complaint, ...
}

// mailing is one mail on its way to all its readers.
type mailing struct {
	id, from, subject string
	set               string // name of its configuration set, or empty
	to                []string
	tags              map[string][]string
}

// mail keeps a mail for each of its readers. Addresses of SES's mailbox
// simulator make its events.
func (s *Server) mail(m mailing, text, html string) *fault {
	destinations, ok := s.Links().Sets[m.set]
	if m.set != "" && !ok {
		return &fault{http.StatusBadRequest, "ConfigurationSetDoesNotExist", "Configuration set <" + m.set + "> does not exist."}
	}
	body := text
	if body == "" {
		body = html
	}
	for _, to := range m.to {
		if f := s.keep(Message{Channel: "email", To: to, Subject: m.subject, Body: body, HTML: html}); f != nil {
			return f
		}
		kind := simulated(to)
		for _, destination := range destinations {
			if kind == "" || !slices.Contains(destination.Kinds, kind) {
				continue
			}
			event, err := json.Marshal(m.event(kind, to))
			if err != nil {
				return &fault{http.StatusInternalServerError, "InternalFailure", err.Error()}
			}
			if f := s.toTopic(destination.Topic, rand.Text(), "Amazon SES Email Event Notification", string(event)); f != nil {
				return f
			}
		}
	}
	return nil
}

// simulated is the event that mail to an address causes, empty for none.
// A label after a plus makes an address one's own, as on AWS.
func simulated(to string) string {
	if parsed, err := mail.ParseAddress(to); err == nil {
		to = parsed.Address
	}
	box, host, _ := strings.Cut(strings.ToLower(to), "@")
	box, _, _ = strings.Cut(box, "+")
	if host == "simulator.amazonses.com" && (box == "bounce" || box == "complaint") {
		return box
	}
	return ""
}

// allTags are those of the sender and SES's own.
func (m mailing) allTags() map[string][]string {
	tags := map[string][]string{"ses:configuration-set": {m.set}}
	maps.Copy(tags, m.tags)
	return tags
}

// event is what SES publishes.
func (m mailing) event(kind, to string) map[string]any {
	at := stamp(now())
	e := map[string]any{"mail": map[string]any{
		"timestamp": at, "messageId": m.id, "source": m.from, "sendingAccountId": "000000000000", "destination": m.to,
		"headersTruncated": false, "headers": []any{},
		"commonHeaders": map[string]any{"from": []string{m.from}, "to": m.to, "messageId": m.id, "subject": m.subject},
		"tags":          m.allTags(),
	}}
	if kind == "bounce" {
		e["eventType"] = "Bounce"
		e["bounce"] = map[string]any{
			"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at, "feedbackId": rand.Text(),
			"bouncedRecipients": []any{map[string]string{
				"emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown",
			}},
			"reportingMTA": "dsn; localhost",
		}
		return e
	}
	e["eventType"] = "Complaint"
	e["complaint"] = map[string]any{
		"complainedRecipients": []any{map[string]string{"emailAddress": to}}, "timestamp": at, "feedbackId": rand.Text(),
		"complaintFeedbackType": "abuse", "userAgent": "Amazon SES Mailbox Simulator", "complaintSubType": nil, "arrivalDate": at,
	}
	return e
}
