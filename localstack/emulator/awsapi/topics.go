package awsapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// publishToTopic invokes every function that subscribes to a topic.
func (s *Server) publishToTopic(topic, id, subject, message string) *apiError {
	functions, ok := s.Subscriptions().Topics[topic]
	if !ok {
		return &apiError{http.StatusNotFound, "NotFound", "Topic does not exist"}
	}
	for _, function := range functions {
		payload, err := json.Marshal(newSNSEvent(topic, function, id, subject, message, now()))
		if err != nil {
			return &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		s.Notify(function, payload)
	}
	return nil
}

// newSNSEvent returns the event that SNS passes to a subscribed function.
func newSNSEvent(topic, function, id, subject, message string, at time.Time) events.SNSEvent {
	return events.SNSEvent{Records: []events.SNSEventRecord{{
		EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: topic + ":" + function,
		SNS: events.SNSEntity{
			Type: "Notification", MessageID: id, TopicArn: topic, Subject: subject, Message: message,
			Timestamp: at, MessageAttributes: map[string]any{}, SignatureVersion: "1", Signature: "local",
		},
	}}}
}

// formatTimestamp formats a time as SES does.
func formatTimestamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
