package conformance

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// copyEntry writes copies of an entry until the log has n entries.
func copyEntry(t *testing.T, ticketID string, seq, n int) {
	t.Helper()
	db := dynamodb.NewFromConfig(env.config)
	sk := func(seq int) types.AttributeValue {
		return &types.AttributeValueMemberS{Value: fmt.Sprintf("M#%010d", seq)}
	}
	found, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &env.table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "T#" + ticketID}, "SK": sk(seq)}})
	must(t, err)
	for first := seq + 1; first <= n; first += 25 {
		var batch []types.WriteRequest
		for at := first; at < min(first+25, n+1); at++ {
			item := maps.Clone(found.Item)
			item["SK"] = sk(at)
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		_, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{env.table: batch}})
		must(t, err)
	}
}

// TestProject_LongMessages checks that all unread messages are counted when their texts take more
// than the 1 MB of one read.
func TestProject_LongMessages(t *testing.T) {
	const n = 160
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara := customer("Sara")
	ticketID := openTicket(t, service, categoryID, sara)
	postMessage(t, service, agent("Ali"), ticketID, strings.Repeat("سلام ", 2000))
	copyEntry(t, ticketID, 2, n)
	must(t, service.Project(t.Context(), ticketID, 1))
	must(t, service.MarkRead(t.Context(), sara, ticketID, 3))
	must(t, service.Project(t.Context(), ticketID, 4))
	tk := readLog(t, onDynamo, ticketID).Ticket
	equal(t, "messages", tk.Messages, n-1)
	equal(t, "unread messages after the third entry", tk.UnreadFor(sara), n-3)
}

// TestLongLogCosts checks that the costs of a long log are bounded for every input.
func TestLongLogCosts(t *testing.T) {
	n := report.ShortOrFull(3000, 50_000)
	store, meter := newMeteredStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	ticketID := openTicket(t, service, categoryID, sara)
	postMessage(t, service, ali, ticketID, sampleReply)
	copyEntry(t, ticketID, 2, n)
	must(t, service.Project(t.Context(), ticketID, 1))
	if got := readLog(t, onDynamo, ticketID).Ticket; got.LastSeq != n || got.Messages != n-1 {
		t.Fatalf("projected %d entries, %d messages, want %d", got.LastSeq, got.Messages, n)
	}
	aggregator := &stats.Aggregator{Store: store}
	must(t, aggregator.ApplyFrom(t.Context(), ticketID, 1))
	post := func(after int) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := service.Post(ctx, sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello", After: after})
			return err
		}
	}
	read := func(actor user.Principal, seq int) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := service.MarkRead(ctx, actor, ticketID, seq); err != nil {
				return err
			}
			return service.Project(ctx, ticketID, seq+1)
		}
	}
	for _, c := range []struct {
		name string
		most cost
		run  func(ctx context.Context) error
	}{
		{"post after 1", cost{3, 25, 1}, post(1)},
		{"post after the middle", cost{3, 25, 1}, post(n / 2)},
		{"post after the end", cost{3, 25, 1}, post(2 * n)},
		{"read up to 1", cost{8, 130, 16}, read(sara, 1)},
		{"read up to the middle", cost{8, 130, 16}, read(sara, n/2)},
		{"read up to 1, by another", cost{8, 130, 16}, read(ali, 1)},
		{"project a late hint", cost{3, 130, 0}, func(ctx context.Context) error { return service.Project(ctx, ticketID, 1) }},
		{"statistics of a marker at 1, by an agent", cost{4, 40, 2}, func(ctx context.Context) error {
			return aggregator.ApplyReadMarker(ctx, ticket.ReadMarker{TicketID: ticketID, Seq: 1, Reader: ticket.Author{ID: ali.UserID, Role: ali.Role}})
		}},
		{"detail", cost{2, 5, 0}, func(ctx context.Context) error { _, err := service.Detail(ctx, sara, ticketID); return err }},
	} {
		meter.reset()
		must(t, c.run(t.Context()))
		got, calls := meter.reset()
		t.Logf("%s: %v", c.name, got)
		if got.roundTrips > c.most.roundTrips || got.read > c.most.read || got.write > c.most.write {
			t.Errorf("%s: got %v (%v), want at most %v", c.name, got, calls, c.most)
		}
	}
}
