package push_test

import (
	"context"
	"errors"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/push"
	"ticketsystem/pkg/realtime"
)

const connection = "L0SM9cOFvHcCIhw="

func reach(t *testing.T, answer awstest.Answer) (*awstest.Server, *push.Pusher) {
	t.Helper()
	server := awstest.New(t, func(awstest.Request) awstest.Answer { return answer })
	endpoint := *server.Config.BaseEndpoint
	server.Config.BaseEndpoint = nil
	return server, push.New(server.Config, endpoint+"/prod")
}

func TestPost(t *testing.T) {
	server, pusher := reach(t, awstest.Answer{Status: 200})
	if err := pusher.Post(context.Background(), connection, []byte(`{"type":"pong"}`)); err != nil {
		t.Fatal(err)
	}
	call := server.Only(t)
	if call.Method != "POST" || call.Path != "/prod/@connections/L0SM9cOFvHcCIhw%3D" && call.Path != "/prod/%40connections/L0SM9cOFvHcCIhw%3D" || call.Body != `{"type":"pong"}` {
		t.Errorf("got %s %s %q", call.Method, call.Path, call.Body)
	}
}

func TestPostToAClosedSocket(t *testing.T) {
	for name, answer := range map[string]awstest.Answer{
		"as AWS":          {Status: 410, Header: map[string]string{"X-Amzn-Errortype": "GoneException"}, Body: `{"message":null}`},
		"by status alone": {Status: 410},
	} {
		_, pusher := reach(t, answer)
		if err := pusher.Post(context.Background(), connection, []byte("x")); !errors.Is(err, realtime.ErrGone) {
			t.Errorf("%s: got %v, want ErrGone", name, err)
		}
		if err := pusher.Close(context.Background(), connection); err != nil {
			t.Errorf("%s: closing a closed socket: %v", name, err)
		}
	}
}

func TestOtherFailuresAreNotGone(t *testing.T) {
	_, pusher := reach(t, awstest.Answer{Status: 500})
	if err := pusher.Post(context.Background(), connection, []byte("x")); err == nil || errors.Is(err, realtime.ErrGone) {
		t.Errorf("Post: got %v", err)
	}
	if err := pusher.Close(context.Background(), connection); err == nil {
		t.Error("Close: no error")
	}
}

func TestClose(t *testing.T) {
	server, pusher := reach(t, awstest.Answer{Status: 204})
	if err := pusher.Close(context.Background(), connection); err != nil {
		t.Fatal(err)
	}
	if got := server.Only(t).Method; got != "DELETE" {
		t.Errorf("got %s, want DELETE", got)
	}
}
