package mail_test

import (
	"context"
	"net/url"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/mail"
	"ticketsystem/pkg/notification"
)

const acceptedResponse = `<SendEmailResponse><SendEmailResult><MessageId>1</MessageId></SendEmailResult></SendEmailResponse>`

func TestSend(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: acceptedResponse} })
	err := mail.New(server.Config, "help@example.ir", "the-set").Mail(context.Background(), notification.Mail{
		To: "Sara@مثال.ایران", Subject: "پاسخ تازه", Text: "سلام", HTML: "<p>سلام</p>",
	}, "sara")
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(server.OnlyRequest(t).Body)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"Action": "SendEmail", "Source": "help@example.ir", "Destination.ToAddresses.member.1": "Sara@xn--mgbh0fb.xn--mgba3a4f16a",
		"Message.Subject.Data": "پاسخ تازه", "Message.Subject.Charset": "UTF-8",
		"Message.Body.Text.Data": "سلام", "Message.Body.Text.Charset": "UTF-8",
		"ConfigurationSetName": "the-set", "Tags.member.1.Name": mail.UserTag, "Tags.member.1.Value": "sara",
		"Message.Body.Html.Data": "<p>سلام</p>", "Message.Body.Html.Charset": "UTF-8",
	} {
		if got := form.Get(field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
}

// TestSend_Unconfirmed checks that reports about mail to an unconfirmed address say so.
func TestSend_Unconfirmed(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: acceptedResponse} })
	if err := mail.New(server.Config, "help@example.ir", "").Send(t.Context(), mail.Message{To: "a@b.ir", UserID: "sara", Unconfirmed: true}); err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(server.OnlyRequest(t).Body)
	if err != nil || form.Get("Tags.member.1.Value") != "sara" || form.Get("Tags.member.2.Name") != mail.AddressTag || form.Get("Tags.member.2.Value") != mail.UnconfirmedTag {
		t.Errorf("got %v, %v", form, err)
	}
}

func TestSend_NoHTML(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: acceptedResponse} })
	if err := mail.New(server.Config, "help@example.ir", "").Send(context.Background(), mail.Message{To: "a@b.ir", Subject: "s", Text: "t"}); err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(server.OnlyRequest(t).Body)
	if err != nil || form.Has("Message.Body.Html.Data") || form.Has("ConfigurationSetName") || form.Has("Tags.member.1.Name") {
		t.Errorf("got an HTML part, a configuration set, a tag, or %v", err)
	}
}

func TestSend_Error(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 400, Body: `<ErrorResponse><Error><Code>MessageRejected</Code><Message>not verified</Message></Error></ErrorResponse>`}
	})
	if err := mail.New(server.Config, "x@y.ir", "").Send(context.Background(), mail.Message{To: "a@b.ir"}); err == nil {
		t.Error("no error")
	}
}
