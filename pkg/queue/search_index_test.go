package queue_test

import (
	"encoding/json"
	"testing"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/queue"
)

// TestSearchIndex checks that a job is one message in the group of its ticket and has an id of its own.
func TestSearchIndex(t *testing.T) {
	for want, send := range map[string]func(queue.SearchIndex) error{
		`{"ticketId":"t1","entry":{"cause":"0000000002","terms":["roof"],"staffOnly":["sara"]}}`: func(index queue.SearchIndex) error {
			return index.IndexTicket(t.Context(), "t1", "0000000002", []string{"roof"}, []string{"sara"})
		},
		`{"ticketId":"t1","entry":{"cause":"0000000001","terms":["roof"]},"refresh":true}`: func(index queue.SearchIndex) error {
			return index.IndexOpening(t.Context(), "t1", "0000000001", []string{"roof"})
		},
	} {
		server := awstest.New(t, func(awstest.Request) awstest.Response { return awstest.Response{Status: 200, Body: `{}`} })
		if err := send(queue.NewSearchIndex(queue.New(server.Config, "http://queue"))); err != nil {
			t.Fatal(err)
		}
		var call struct{ MessageBody, MessageGroupID, MessageDeduplicationID string }
		if err := json.Unmarshal([]byte(server.OnlyRequest(t).Body), &call); err != nil {
			t.Fatal(err)
		}
		if call.MessageBody != want || call.MessageGroupID != "t1" || call.MessageDeduplicationID == "" {
			t.Errorf("got %+v, want %s in group t1", call, want)
		}
	}
}
