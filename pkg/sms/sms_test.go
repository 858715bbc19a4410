package sms_test

import (
	"context"
	"net/url"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/sms"
)

func TestSend(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 200, Body: `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`}
	})
	if err := sms.New(server.Config).Send(context.Background(), "+989121234567", "کد شما ۱۲۳۴۵۶"); err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(server.OnlyRequest(t).Body)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"Action": "Publish", "PhoneNumber": "+989121234567", "Message": "کد شما ۱۲۳۴۵۶", "TopicArn": "",
		"MessageAttributes.entry.1.Name":              "AWS.SNS.SMS.SMSType",
		"MessageAttributes.entry.1.Value.DataType":    "String",
		"MessageAttributes.entry.1.Value.StringValue": "Transactional",
	} {
		if got := form.Get(field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
}

func TestSend_Error(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 400, Body: `<ErrorResponse><Error><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>`}
	})
	if err := sms.New(server.Config).Send(context.Background(), "1", "x"); err == nil {
		t.Error("no error")
	}
}
