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

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/wiring"
)

// item is an item of the table, as it lies there.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// crowd measures a list among many tickets, and a ticket with many messages.
// The messages are posted; the tickets are multiplied in the table itself.
func crowd(ctx context.Context, s *server) error {
	owner, err := s.api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return err
	}
	opened, err := owner.OpenTicket(ctx, nil)
	if err != nil {
		return err
	}
	long := &thread{owner: owner, id: opened.ID, last: opened.LastSeq}
	tickets, messages := verdict.Pick(2_000, 50_000), verdict.Pick(300, 10_000)
	start := time.Now()
	for range messages {
		if err := long.post(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("%d messages posted one after the other in %s\n", messages, time.Since(start).Round(time.Millisecond))
	if err := s.quiet(ctx); err != nil {
		return err
	}
	db, err := s.engine()
	if err != nil {
		return err
	}
	if err := s.multiply(ctx, db, long.id, tickets); err != nil {
		return err
	}
	return s.tellCrowd(ctx, owner, opened.ID, tickets, messages)
}

// engine is a client of the stack's own DynamoDB engine.
func (s *server) engine() (*dynamodb.Client, error) {
	local := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": s.dynamo, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	env := wiring.NewEnv(func(name string) (string, bool) { return local[name], true })
	return dynamodb.NewFromConfig(env.AWS("DYNAMODB")), env.Err()
}

// multiply copies a ticket's head, and waits until nothing follows from that any
// more.
func (s *server) multiply(ctx context.Context, db *dynamodb.Client, id string, tickets int) error {
	head, err := s.head(ctx, db, id)
	if err != nil {
		return err
	}
	var copies []item
	for i := range tickets {
		at := ticket.TimeKey(wiring.Now().Add(-time.Duration(i+1) * time.Second))
		one := maps.Clone(head)
		one["PK"], one["a"], one["w"] = text("T#"+client.NewID()), text(at), text("10"+at)
		copies = append(copies, one)
	}
	for some := range slices.Chunk(copies, 25) {
		var writes []types.WriteRequest
		for _, one := range some {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: one}})
		}
		in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{s.table: writes}}
		if out, err := db.BatchWriteItem(ctx, in); err != nil {
			return err
		} else if len(out.UnprocessedItems) > 0 {
			return errors.New("the engine left some items unwritten")
		}
	}
	return s.quiet(ctx)
}

func (s *server) head(ctx context.Context, db *dynamodb.Client, id string) (item, error) {
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: item{"PK": text("T#" + id), "SK": text("~H")}})
	if err == nil && out.Item == nil {
		err = fmt.Errorf("ticket %s has no head", id)
	}
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// tellCrowd asks for the list, the queue, the long ticket, and all its messages.
func (s *server) tellCrowd(ctx context.Context, owner *client.Person, long string, tickets, messages int) error {
	agent, err := s.api.Login(ctx, agentPhone, client.Password)
	if err != nil {
		return err
	}
	var lines []verdict.Line
	for _, q := range []struct {
		what, goal string
		most       time.Duration
		who        *client.Person
		path       string
	}{
		{fmt.Sprintf("a customer's list among %d tickets, p50", tickets), "the replaced system 154 ms", 154 * time.Millisecond, owner, "/tickets?limit=20"},
		{fmt.Sprintf("the agents' queue among %d tickets, p50", tickets), "the replaced system 154 ms", 154 * time.Millisecond, agent, "/tickets?limit=20"},
		{fmt.Sprintf("a ticket with %d messages, p50", messages), "the replaced system's 20 ms of a short one", 20 * time.Millisecond, owner, "/tickets/" + long},
	} {
		l, err := ask(ctx, s.command.Process.Pid, 1, verdict.Pick(2*time.Second, 5*time.Second), func(ctx context.Context, _ int) error {
			answer, err := q.who.Do(ctx, http.MethodGet, q.path, nil)
			if err != nil {
				return err
			}
			return answer.Into(http.StatusOK, nil)
		})
		if err := errors.Join(append(l.failures, err)...); err != nil {
			return err
		}
		p50 := middle(l.answers)
		lines = append(lines, verdict.Line{Item: speedItem, Name: q.what, Figure: ms(p50), Goal: "below " + q.goal, Holds: p50 < q.most})
	}
	start := time.Now()
	entries, err := owner.History(ctx, long)
	if err != nil {
		return err
	}
	if len(entries) != messages+1 {
		return fmt.Errorf("history: got %d entries, want %d", len(entries), messages+1)
	}
	const was = 1110 * time.Millisecond
	took := time.Since(start)
	all := verdict.Line{
		Item: speedItem, Name: fmt.Sprintf("all %d messages, in pages of 100", messages), Figure: ms(took),
		Goal: "below the replaced system 1,110 ms for 10,000", Holds: took < was,
	}
	if !all.Holds {
		all.Cause = "The contract gives 100 entries a page, so this is 100 requests one after the other; each asks the ticket's head anew whose it is."
	}
	return tell(nil, append(lines, all)...)
}
