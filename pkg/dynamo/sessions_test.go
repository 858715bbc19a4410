package dynamo_test

import (
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/dynamo"
)

// TestTouchSession_Permission checks that the call needs no more than the policies of all
// functions with a cookie allow: nothing is returned, and no other attribute is named.
func TestTouchSession_Permission(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: `{}`} })
	if err := dynamo.New(server.Config, "table", time.Now).TouchSession(t.Context(), "1", "2", time.Now()); err != nil {
		t.Fatal(err)
	}
	body := server.OnlyRequest(t).Body
	if strings.Contains(body, "ReturnValues") || !strings.Contains(body, `"UpdateExpression":"SET used = :now, #ttl = :ttl"`) || !strings.Contains(body, `"ConditionExpression":"attribute_exists(PK)"`) {
		t.Errorf("got %s", body)
	}
}
