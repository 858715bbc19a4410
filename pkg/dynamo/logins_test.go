package dynamo_test

import (
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/dynamo"
)

// TestLogin_ConsistentRead checks that a login reads strongly consistently, so that a
// user who was disabled a moment ago gets no session.
func TestLogin_ConsistentRead(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response {
		return awstest.Response{Status: 200, Body: `{"Items":[],"Count":0}`}
	})
	if _, found, err := dynamo.New(server.Config, "table", time.Now).Login(t.Context(), "+989121234567"); err != nil || found {
		t.Fatalf("got found %v, %v", found, err)
	}
	if body := server.OnlyRequest(t).Body; !strings.Contains(body, `"ConsistentRead":true`) {
		t.Errorf("got %s, want a consistent read", body)
	}
}
