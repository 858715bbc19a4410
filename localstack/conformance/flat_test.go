package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// manyTickets is how many there are in the end; by hand it ran with 50,000.
const manyTickets = 2_000

// TestCostIsFlat: lists, queues and a detail cost among many tickets what they
// cost among a hundred.
func TestCostIsFlat(t *testing.T) {
	t.Parallel()
	name := "conformance-" + newID()
	makeOwn(t, name)
	m := &meter{}
	config := house.config.Copy()
	config.APIOptions = append(config.APIOptions, m.install)
	store := table.New(config, name, wiring.Now)
	sara, ali, shelf := customer("Sara"), agent("Ali"), newID()
	first := anOpenTicket(t, store, sara, ali, shelf)
	db := dynamodb.NewFromConfig(house.config)
	pattern := rawHead(t, db, name, first)
	clone(t, db, name, pattern, 0, 100)
	few := flatPrices(t, store, m, first, sara.UserID, ali.UserID, shelf)
	clone(t, db, name, pattern, 100, manyTickets)
	for what, many := range flatPrices(t, store, m, first, sara.UserID, ali.UserID, shelf) {
		if many != few[what] {
			t.Errorf("%s: among %d tickets %v, among 100 %v", what, manyTickets, many, few[what])
		}
	}
}

// anOpenTicket is one that an agent holds.
func anOpenTicket(t *testing.T, store *table.Table, sara, ali user.Principal, shelf string) string {
	t.Helper()
	e := entryAt(newID(), 1, sara)
	e.Kind, e.Opening = ticket.KindOpened, &ticket.Opening{Title: aTitle, Category: ticket.Category{ID: shelf}}
	e.State = ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityHigh, CategoryID: shelf, AssigneeID: ali.UserID}
	e.CreatedAt = wiring.Now()
	h := ticket.Fold(ticket.Head{}, []ticket.Entry{e})
	_, err := store.Create(t.Context(), h, e, nil)
	must(t, err)
	h.Revision = 1
	must(t, store.Project(t.Context(), h))
	return h.ID
}

func rawHead(t *testing.T, db *dynamodb.Client, name, ticketID string) map[string]types.AttributeValue {
	t.Helper()
	out, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "T#" + ticketID}, "SK": &types.AttributeValueMemberS{Value: "~H"},
	}})
	must(t, err)
	return out.Item
}

// clone writes tickets like the first, each a second older than the one before.
func clone(t *testing.T, db *dynamodb.Client, name string, pattern map[string]types.AttributeValue, from, to int) {
	t.Helper()
	var writes []types.WriteRequest
	for i := from; i < to; i++ {
		item := maps.Clone(pattern)
		at := ticket.TimeKey(wiring.Now().Add(-time.Duration(i+1) * time.Second))
		item["PK"] = &types.AttributeValueMemberS{Value: "T#" + newID()}
		item["a"] = &types.AttributeValueMemberS{Value: at}
		item["w"] = &types.AttributeValueMemberS{Value: "10" + at}
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for some := range slices.Chunk(writes, 25) {
		_, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: some}})
		must(t, err)
	}
}

// flatPrices are the prices of what people look at all day, by what it is.
func flatPrices(t *testing.T, store *table.Table, m *meter, first, owner, assignee, shelf string) map[string]price {
	t.Helper()
	prices := map[string]price{}
	for _, q := range []ticket.Query{
		{CustomerID: owner, Sort: ticket.SortActivity},
		{Sort: ticket.SortWaiting},
		{Sort: ticket.SortActivity},
		{Sort: ticket.SortWaiting, AssigneeID: assignee},
		{Sort: ticket.SortWaiting, CategoryID: shelf},
		{Sort: ticket.SortWaiting, Statuses: []ticket.Status{ticket.StatusOpen}, Priority: ticket.PriorityHigh},
	} {
		q.Limit = 25
		m.reset()
		heads, next, err := store.List(context.Background(), q, nil)
		if err != nil || len(heads) != q.Limit || next == nil {
			t.Fatalf("%+v: got %d tickets, %v", q, len(heads), err)
		}
		prices[fmt.Sprintf("list %+v", q)], _ = m.reset()
	}
	_, err := store.Newest(context.Background(), first, 21)
	must(t, err)
	prices["detail"], _ = m.reset()
	return prices
}
