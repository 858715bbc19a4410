package services

import (
	"encoding/json"
	"net/http"
	"time"
)

// toTopic starts every function that has subscribed to a topic.
func (s *Server) toTopic(topic, id, subject, message string) *fault {
	functions, ok := s.Links().Topics[topic]
	if !ok {
		return &fault{http.StatusNotFound, "NotFound", "Topic does not exist"}
	}
	for _, function := range functions {
		notification := map[string]any{
			"Type": "Notification", "MessageId": id, "TopicArn": topic, "Subject": nil, "Message": message,
			"Timestamp": stamp(now()), "MessageAttributes": map[string]any{},
			"SignatureVersion": "1", "Signature": "local", "SigningCertUrl": "", "UnsubscribeUrl": "",
		}
		if subject != "" {
			notification["Subject"] = subject
		}
		payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
			"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": topic + ":" + function, "Sns": notification,
		}}})
		if err != nil {
			return &fault{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		s.Notify(function, payload)
	}
	return nil
}

// stamp is a time as SES writes it.
func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
