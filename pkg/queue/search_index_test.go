package queue_test

import (
	"encoding/json"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/queue"
)

// TestSearchIndex checks that a job is in the group of its ticket and has an id of its own.
func TestSearchIndex(t *testing.T) {
	server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: `{}`} })
	index := queue.NewSearchIndex(queue.New(server.Config, "http://queue"))
	if err := index.IndexTicket(t.Context(), "t1", "0000000002", []string{"roof"}, []string{"sara"}); err != nil {
		t.Fatal(err)
	}
	var call struct{ MessageBody, MessageGroupID, MessageDeduplicationID string }
	if err := json.Unmarshal([]byte(server.OnlyRequest(t).Body), &call); err != nil {
		t.Fatal(err)
	}
	const want = `{"ticketId":"t1","entry":{"cause":"0000000002","terms":["roof"],"staffOnly":["sara"]}}`
	if call.MessageBody != want || call.MessageGroupID != "t1" || call.MessageDeduplicationID == "" {
		t.Errorf("got %+v, want %s in group t1", call, want)
	}
}
