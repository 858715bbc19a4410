package awsapi

import (
	"encoding/json"
	"net/http"
	"time"
)

// publishToTopic starts every function that has subscribed to a topic.
func (s *Server) publishToTopic(topic, id, subject, message string) *apiError {
	functions, ok := s.Subscriptions().Topics[topic]
	if !ok {
		return &apiError{http.StatusNotFound, "NotFound", "Topic does not exist"}
	}
	for _, function := range functions {
		notification := map[string]any{
			"Type": "Notification", "MessageId": id, "TopicArn": topic, "Subject": nil, "Message": message,
			"Timestamp": formatTimestamp(now()), "MessageAttributes": map[string]any{},
			"SignatureVersion": "1", "Signature": "local", "SigningCertUrl": "", "UnsubscribeUrl": "",
		}
		if subject != "" {
			notification["Subject"] = subject
		}
		payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
			"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": topic + ":" + function, "Sns": notification,
		}}})
		if err != nil {
			return &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		s.Notify(function, payload)
	}
	return nil
}

// formatTimestamp is a time as SES writes it.
func formatTimestamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
