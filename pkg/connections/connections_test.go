package connections_test

import (
	"context"
	"errors"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/connections"
	"ticketsystem/pkg/realtime"
)

const connectionID = "L0SM9cOFvHcCIhw="

func newTestClient(t *testing.T, response awstest.Response) (*awstest.Server, *connections.Client) {
	t.Helper()
	server := awstest.New(t, func(awstest.Request) awstest.Response { return response })
	endpoint := *server.Config.BaseEndpoint
	server.Config.BaseEndpoint = nil
	return server, connections.New(server.Config, endpoint+"/prod")
}

func TestSend(t *testing.T) {
	server, client := newTestClient(t, awstest.Response{Status: 200})
	if err := client.Send(context.Background(), connectionID, []byte(`{"type":"pong"}`)); err != nil {
		t.Fatal(err)
	}
	call := server.OnlyRequest(t)
	if call.Method != "POST" || call.Path != "/prod/@connections/L0SM9cOFvHcCIhw%3D" && call.Path != "/prod/%40connections/L0SM9cOFvHcCIhw%3D" || call.Body != `{"type":"pong"}` {
		t.Errorf("got %s %s %q", call.Method, call.Path, call.Body)
	}
}

func TestSend_Closed(t *testing.T) {
	for name, response := range map[string]awstest.Response{
		"with error type": {Status: 410, Header: map[string]string{"X-Amzn-Errortype": "GoneException"}, Body: `{"message":null}`},
		"status only":     {Status: 410},
	} {
		_, client := newTestClient(t, response)
		if err := client.Send(context.Background(), connectionID, []byte("x")); !errors.Is(err, realtime.ErrGone) {
			t.Errorf("%s: got %v, want ErrGone", name, err)
		}
		if err := client.Close(context.Background(), connectionID); !errors.Is(err, realtime.ErrGone) {
			t.Errorf("%s: closing a closed socket: got %v, want ErrGone", name, err)
		}
	}
}

func TestSend_OtherErrors(t *testing.T) {
	_, client := newTestClient(t, awstest.Response{Status: 500})
	if err := client.Send(context.Background(), connectionID, []byte("x")); err == nil || errors.Is(err, realtime.ErrGone) {
		t.Errorf("Send: got %v", err)
	}
	if err := client.Close(context.Background(), connectionID); err == nil {
		t.Error("Close: no error")
	}
}

func TestClose(t *testing.T) {
	server, client := newTestClient(t, awstest.Response{Status: 204})
	if err := client.Close(context.Background(), connectionID); err != nil {
		t.Fatal(err)
	}
	if got := server.OnlyRequest(t).Method; got != "DELETE" {
		t.Errorf("got %s, want DELETE", got)
	}
}
