package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/ticket"
)

// item is an item of the table.
type item = map[string]types.AttributeValue

func stringValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// largeDataset measures ticket lists among many tickets, and a ticket with many
// messages. The messages are posted; the tickets are copied in the table.
func largeDataset(ctx context.Context, s *server) error {
	owner, err := s.api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return err
	}
	opened, err := owner.OpenTicket(ctx, nil)
	if err != nil {
		return err
	}
	long := &ticketWriter{owner: owner, id: opened.ID, last: opened.LastSeq}
	tickets, messages := report.ShortOrFull(2_000, 50_000), report.ShortOrFull(300, 10_000)
	start := time.Now()
	for range messages {
		if err := long.post(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("%d messages posted sequentially in %s\n", messages, time.Since(start).Round(time.Millisecond))
	if err := s.waitIdle(ctx); err != nil {
		return err
	}
	db, err := s.dynamoClient()
	if err != nil {
		return err
	}
	if err := s.generate(ctx, db, long.id, tickets); err != nil {
		return err
	}
	return s.reportLargeDataset(ctx, owner, opened.ID, tickets, messages)
}

// dynamoClient returns a client of the stack's DynamoDB engine.
func (s *server) dynamoClient() (*dynamodb.Client, error) {
	local := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": s.dynamoURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	env := app.NewEnv(func(name string) (string, bool) { return local[name], true })
	return dynamodb.NewFromConfig(env.AWS("DYNAMODB")), env.Err()
}

// generate copies a ticket item and waits until the stream has processed the copies.
func (s *server) generate(ctx context.Context, db *dynamodb.Client, id string, tickets int) error {
	ticketItem, err := s.readTicketItem(ctx, db, id)
	if err != nil {
		return err
	}
	var copies []item
	for i := range tickets {
		at := ticket.TimeSortKey(app.Now().Add(-time.Duration(i+1) * time.Second))
		copied := maps.Clone(ticketItem)
		copied["PK"], copied["a"], copied["w"] = stringValue("T#"+client.NewID()), stringValue(at), stringValue("10"+at)
		copies = append(copies, copied)
	}
	for chunk := range slices.Chunk(copies, 25) {
		var writes []types.WriteRequest
		for _, copied := range chunk {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: copied}})
		}
		in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{s.tableName: writes}}
		if out, err := db.BatchWriteItem(ctx, in); err != nil {
			return err
		} else if len(out.UnprocessedItems) > 0 {
			return errors.New("the engine did not write all items")
		}
	}
	return s.waitIdle(ctx)
}

func (s *server) readTicketItem(ctx context.Context, db *dynamodb.Client, id string) (item, error) {
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.tableName, Key: item{"PK": stringValue("T#" + id), "SK": stringValue("~H")}})
	if err == nil && out.Item == nil {
		err = fmt.Errorf("ticket %s does not exist", id)
	}
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// reportLargeDataset measures the ticket list, the queue, the large ticket and its
// history.
func (s *server) reportLargeDataset(ctx context.Context, owner *client.User, long string, tickets, messages int) error {
	agent, err := s.api.Login(ctx, agentPhone, client.Password)
	if err != nil {
		return err
	}
	var results []report.Result
	for _, q := range []struct {
		what, goal string
		most       time.Duration
		who        *client.User
		path       string
	}{
		{fmt.Sprintf("ticket list of a customer among %d tickets, p50", tickets), "the previous system's 154 ms", 154 * time.Millisecond, owner, "/tickets?limit=20"},
		{fmt.Sprintf("agent queue among %d tickets, p50", tickets), "the previous system's 154 ms", 154 * time.Millisecond, agent, "/tickets?limit=20"},
		{fmt.Sprintf("ticket with %d messages, p50", messages), "the previous system's 20 ms for a short ticket", 20 * time.Millisecond, owner, "/tickets/" + long},
	} {
		l, err := runLoad(ctx, s.command.Process.Pid, 1, report.ShortOrFull(2*time.Second, 5*time.Second), func(ctx context.Context, _ int) error {
			response, err := q.who.Do(ctx, http.MethodGet, q.path, nil)
			if err != nil {
				return err
			}
			return response.Decode(http.StatusOK, nil)
		})
		if err := errors.Join(append(l.failures, err)...); err != nil {
			return err
		}
		p50 := median(l.latencies)
		results = append(results, report.Result{Check: speedCheck, Name: q.what, Value: ms(p50), Target: "below " + q.goal, Pass: p50 < q.most, Note: l.cause()})
	}
	start := time.Now()
	entries, err := owner.History(ctx, long)
	if err != nil {
		return err
	}
	if len(entries) != messages+1 {
		return fmt.Errorf("history: got %d entries, want %d", len(entries), messages+1)
	}
	const previous = 1110 * time.Millisecond
	took := time.Since(start)
	history := report.Result{
		Check: speedCheck, Name: fmt.Sprintf("all %d messages, in pages of 100", messages), Value: ms(took),
		Target: "below the previous system's 1,110 ms for 10,000", Pass: took < previous,
	}
	if pages := (messages + 99) / 100; !history.Pass {
		history.Note = fmt.Sprintf("A page has at most 100 entries, so these are %d requests one after the other, %s each.", pages, ms(took/time.Duration(pages)))
	}
	return recordResults(nil, append(results, history)...)
}
