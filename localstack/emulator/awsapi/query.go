package awsapi

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// handleQuery serves SES and SNS, which use the AWS query protocol: the request is a
// form with an Action, the response is XML.
func (s *Server) handleQuery(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/xml")
	form, err := url.ParseQuery(string(body))
	var result string
	var apiErr *apiError
	if err == nil {
		result, apiErr = s.action(form)
	} else {
		apiErr = errValidation("%v", err)
	}
	if apiErr != nil {
		w.WriteHeader(apiErr.status)
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName xml.Name `xml:"ErrorResponse"`
			Type    string   `xml:"Error>Type"`
			Code    string   `xml:"Error>Code"`
			Message string   `xml:"Error>Message"`
		}{Type: "Sender", Code: apiErr.code, Message: apiErr.message})
		return
	}
	action := form.Get("Action")
	_, _ = fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
		action, action, result, action, rand.Text(), action) // the client may have disconnected
}

// action runs the requested action and returns the content of its Result element.
func (s *Server) action(form url.Values) (string, *apiError) {
	switch form.Get("Action") {
	case "Publish":
		return s.publish(form)
	case "CreatePlatformEndpoint", "SetEndpointAttributes", "DeleteEndpoint":
		return s.platformEndpoint(form)
	case "SendEmail":
		return s.sendEmail(form)
	case "SendRawEmail":
		return s.sendRawEmail(form)
	case "VerifyEmailIdentity":
		return "", nil
	case "GetSendQuota":
		return "<Max24HourSend>200</Max24HourSend><MaxSendRate>1</MaxSendRate><SentLast24Hours>0</SentLast24Hours>", nil
	}
	return "", &apiError{http.StatusBadRequest, "InvalidAction", form.Get("Action") + " is not part of the local stack"}
}

func (s *Server) record(messages ...Message) *apiError {
	for _, m := range messages {
		if err := s.Outbox.Add(m); err != nil {
			return &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
	}
	return nil
}

func messageIDElement(id string) string { return "<MessageId>" + id + "</MessageId>" }

// Limits of SNS.
const (
	maxSMSRunes   = 1600
	maxTopicBytes = 256 << 10
)

var phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func errParameter(message string) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidParameter", "Invalid parameter: " + message}
}

// publish adds an SMS to the outbox, or notifies the subscribers of a topic.
func (s *Server) publish(form url.Values) (string, *apiError) {
	number, message := form.Get("PhoneNumber"), form.Get("Message")
	switch {
	case message == "":
		return "", errParameter("Empty message")
	case number != "" && !phonePattern.MatchString(number):
		return "", errParameter("PhoneNumber Reason: " + number + " is not valid to publish to")
	case number != "" && utf8.RuneCountInString(message) > maxSMSRunes, len(message) > maxTopicBytes:
		return "", errParameter("Message too long")
	}
	id := rand.Text()
	if target := form.Get("TargetArn"); target != "" {
		return s.pushToPhone(target, id, message)
	}
	if number != "" {
		return messageIDElement(id), s.record(Message{Channel: "sms", To: number, Subject: form.Get("Subject"), Body: form.Get("Message")})
	}
	return messageIDElement(id), s.publishToTopic(form.Get("TopicArn"), id, form.Get("Subject"), form.Get("Message"))
}

func (s *Server) sendEmail(form url.Values) (string, *apiError) {
	if form.Get("Source") == "" {
		return "", errValidation("Missing required header 'From'.")
	}
	m := email{id: rand.Text(), from: form.Get("Source"), subject: form.Get("Message.Subject.Data"), configurationSet: form.Get("ConfigurationSetName")}
	for _, kind := range []string{"To", "Cc", "Bcc"} {
		m.to = append(m.to, formList(form, "Destination."+kind+"Addresses")...)
	}
	if len(m.to) == 0 {
		return "", errValidation("Missing final '@domain'")
	}
	m.tags = map[string][]string{}
	for i := 1; form.Has("Tags.member." + strconv.Itoa(i) + ".Name"); i++ {
		tag := "Tags.member." + strconv.Itoa(i)
		m.tags[form.Get(tag+".Name")] = []string{form.Get(tag + ".Value")}
	}
	return messageIDElement(m.id), s.deliverEmail(m, form.Get("Message.Body.Text.Data"), form.Get("Message.Body.Html.Data"))
}

func (s *Server) sendRawEmail(form url.Values) (string, *apiError) {
	raw, err := base64.StdEncoding.DecodeString(form.Get("RawMessage.Data"))
	if err != nil {
		return "", errValidation("RawMessage: %v", err)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", errValidation("RawMessage: %v", err)
	}
	body, _ := io.ReadAll(parsed.Body) // reading from memory does not fail
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		subject = parsed.Header.Get("Subject")
	}
	m := email{id: rand.Text(), from: parsed.Header.Get("From"), subject: subject, configurationSet: form.Get("ConfigurationSetName"), to: formList(form, "Destinations")}
	if len(m.to) == 0 {
		addresses, err := parsed.Header.AddressList("To")
		if err != nil {
			return "", errValidation("To: %v", err)
		}
		for _, address := range addresses {
			m.to = append(m.to, address.Address)
		}
	}
	return messageIDElement(m.id), s.deliverEmail(m, string(body), "")
}

// formList returns the members of a list in the query protocol.
func formList(form url.Values, name string) []string {
	var list []string
	for i := 1; form.Has(name + ".member." + strconv.Itoa(i)); i++ {
		list = append(list, form.Get(name+".member."+strconv.Itoa(i)))
	}
	return list
}
