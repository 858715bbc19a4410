package awserr_test

import (
	"errors"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/mobilepush"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/sms"
)

// TestMarkThrottled checks which answers of SES and SNS are throttling, through their clients.
func TestMarkThrottled(t *testing.T) {
	for _, c := range []struct {
		status  int
		code    string
		message string
		want    bool
	}{
		{400, "Throttling", "Maximum sending rate exceeded.", true},
		{400, "Throttling", "Daily message quota exceeded.", true},
		{400, "ThrottlingException", "Rate exceeded", true},
		{400, "TooManyRequestsException", "Too many requests", true},
		{429, "Throttled", "Rate exceeded", true},
		{429, "Unknown", "", true},
		{400, "MessageRejected", "Email address is not verified.", false},
		{403, "AuthorizationError", "no", false},
	} {
		server := awstest.New(t, func(awstest.Request) awstest.Response {
			return awstest.Response{Status: c.status, Body: "<ErrorResponse><Error><Type>Sender</Type><Code>" + c.code + "</Code><Message>" + c.message + "</Message></Error></ErrorResponse>"}
		})
		for name, err := range map[string]error{
			"mail": mail.New(server.Config, "x@y.ir", "").Send(t.Context(), mail.Message{To: "a@b.ir"}),
			"sms":  sms.New(server.Config).Send(t.Context(), "+989121234567", "text"),
			"push": mobilepush.New(server.Config, nil).Push(t.Context(), notification.PushSubscription{Endpoint: "arn"}, notification.PushMessage{}),
		} {
			if err == nil || errors.Is(err, notification.ErrThrottled) != c.want {
				t.Errorf("%s: %d %s: got %v, want throttled %v", name, c.status, c.code, err, c.want)
			}
		}
	}
}
