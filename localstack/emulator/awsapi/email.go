package awsapi

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"unicode"
)

// EventDestination is an SNS event destination of a configuration set.
type EventDestination struct {
	Topic      string   // ARN
	EventTypes []string // bounce, complaint, ...
}

// email is one e-mail with all its recipients.
type email struct {
	id, from, subject string
	configurationSet  string // name of its configuration set, or empty
	to                []string
	tags              map[string][]string
}

// deliverEmail adds an e-mail to the outbox for each recipient. Addresses of the SES
// mailbox simulator publish the simulated event. As on AWS, addresses are in ASCII.
func (s *Server) deliverEmail(m email, text, html string) *apiError {
	destinations, ok := s.Subscriptions().ConfigurationSets[m.configurationSet]
	if m.configurationSet != "" && !ok {
		return &apiError{http.StatusBadRequest, "ConfigurationSetDoesNotExist", "Configuration set <" + m.configurationSet + "> does not exist."}
	}
	for _, to := range m.to {
		if strings.ContainsFunc(to, func(r rune) bool { return r > unicode.MaxASCII }) {
			return &apiError{http.StatusBadRequest, "InvalidParameterValue", "Address has characters beyond ASCII: " + to}
		}
	}
	body := text
	if body == "" {
		body = html
	}
	for _, to := range m.to {
		if apiErr := s.record(Message{Channel: "email", To: to, Subject: m.subject, Body: body, HTML: html}); apiErr != nil {
			return apiErr
		}
		kind := simulatorEvent(to)
		for _, destination := range destinations {
			if kind == "" || !slices.Contains(destination.EventTypes, kind) {
				continue
			}
			event, err := json.Marshal(m.event(kind, to))
			if err != nil {
				return &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
			}
			if apiErr := s.publishToTopic(destination.Topic, rand.Text(), "Amazon SES Email Event Notification", string(event)); apiErr != nil {
				return apiErr
			}
		}
	}
	return nil
}

// simulatorEvent returns the event type that an address of the SES mailbox simulator
// causes, or "". As on AWS, a label after a plus sign is ignored.
func simulatorEvent(to string) string {
	if parsed, err := mail.ParseAddress(to); err == nil {
		to = parsed.Address
	}
	mailbox, host, _ := strings.Cut(strings.ToLower(to), "@")
	mailbox, _, _ = strings.Cut(mailbox, "+")
	if host == "simulator.amazonses.com" && (mailbox == "bounce" || mailbox == "complaint") {
		return mailbox
	}
	return ""
}

// allTags returns the sender's tags and those that SES adds.
func (m email) allTags() map[string][]string {
	tags := map[string][]string{"ses:configuration-set": {m.configurationSet}}
	maps.Copy(tags, m.tags)
	return tags
}

// event returns the event that SES publishes for one recipient.
func (m email) event(kind, to string) map[string]any {
	at := formatTimestamp(now())
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
