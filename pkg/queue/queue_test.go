package queue_test

import (
	"encoding/json"
	"testing"
	"time"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/queue"
)

func TestSend(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 200, Body: `{"Successful":[]}`}
	})
	err := queue.New(server.Config, "http://queue").Send(t.Context(), 10*time.Second,
		notification.DeliveryJob{UserID: "u", ID: "n", Channel: notification.Email}, notification.DeliveryJob{UserID: "u", ID: "n", Channel: notification.SMS})
	if err != nil {
		t.Fatal(err)
	}
	var call struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			ID          string `json:"Id"`
			MessageBody string
			Delay       int `json:"DelaySeconds"`
		}
	}
	if err := json.Unmarshal([]byte(server.OnlyRequest(t).Body), &call); err != nil {
		t.Fatal(err)
	}
	if call.QueueURL != "http://queue" || len(call.Entries) != 2 || call.Entries[1].Delay != 10 || call.Entries[0].ID == call.Entries[1].ID ||
		call.Entries[1].MessageBody != `{"userId":"u","id":"n","channel":"sms"}` {
		t.Errorf("got %+v", call)
	}
}

func TestSend_PartialFailure(t *testing.T) {
	for _, a := range []awstest.Response{
		{Status: 200, Body: `{"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}`}, {Status: 400, Body: `{}`},
	} {
		server := awstest.New(t, func(awstest.Request) awstest.Response { return a })
		if err := queue.New(server.Config, "q").Send(t.Context(), 0, notification.DeliveryJob{}); err == nil {
			t.Errorf("%s: no error", a.Body)
		}
	}
}

func TestChangeVisibility(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: `{}`} })
	if err := queue.New(server.Config, "http://queue").ChangeVisibility(t.Context(), "receipt", 40*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := server.OnlyRequest(t).Body; got != `{"QueueUrl":"http://queue","ReceiptHandle":"receipt","VisibilityTimeout":40}` {
		t.Errorf("got %s", got)
	}
	server = awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 400, Body: `{}`} })
	if err := queue.New(server.Config, "q").ChangeVisibility(t.Context(), "r", 0); err == nil {
		t.Error("error response: no error")
	}
}
