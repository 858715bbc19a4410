package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// learntItem is what one entry, or another cause, has added to the words of a
// ticket. It keeps a word from being written with every message that has it,
// and is how all of them are found again when the ticket goes.
type learntItem struct {
	key
	Customer string   `dynamodbav:"by"`
	Created  int64    `dynamodbav:"at"`
	Words    []string `dynamodbav:"words,omitempty"`  // everybody's
	Secret   []string `dynamodbav:"secret,omitempty"` // of staff alone
}

// LearnTicket makes a ticket be found by words: by whoever may see it, or by
// staff alone. cause names what they come from; it counts once. A ticket that
// is not there any more learns nothing.
func (t *Table) LearnTicket(ctx context.Context, ticketID, cause string, words, secret []string) error {
	learnt, err := t.learnt(ctx, ticketID)
	if err != nil {
		return err
	}
	var known, knownToStaff []string
	for _, i := range learnt {
		if i.SK == cause {
			return nil
		}
		known, knownToStaff = append(known, i.Words...), append(append(knownToStaff, i.Words...), i.Secret...)
	}
	words = without(words, known)
	secret = without(without(secret, knownToStaff), words)
	if len(words)+len(secret) == 0 {
		return nil
	}
	var head headItem
	if _, err := t.get(ctx, headKey(ticketID), true, &head); err != nil {
		return err
	}
	h := head.head()
	if h.ID == "" {
		return nil
	}
	has, wants := map[key]bool{}, map[key]bool{}
	ticketKeys(has, h, known, knownToStaff)
	ticketKeys(wants, h, words, append(secret, words...))
	var writes []types.WriteRequest
	for k := range wants {
		if !has[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.wire()}})
		}
	}
	if err := t.writeAll(ctx, writes); err != nil {
		return err
	}
	// Last: what stands here has been written.
	_, err = t.put(ctx, learntItem{learntKey(ticketID, cause), h.Customer.ID, toMillis(h.CreatedAt), words, secret}, "", nil)
	return err
}

// ForgetTicket removes all words of a ticket that has gone.
func (t *Table) ForgetTicket(ctx context.Context, ticketID string) error {
	learnt, err := t.learnt(ctx, ticketID)
	if err != nil || len(learnt) == 0 {
		return err
	}
	keys := map[key]bool{}
	var causes []types.WriteRequest
	for _, i := range learnt {
		h := ticket.Head{ID: ticketID, Customer: ticket.Person{ID: i.Customer}, CreatedAt: fromMillis(i.Created)}
		ticketKeys(keys, h, i.Words, append(i.Secret, i.Words...))
		causes = append(causes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: i.wire()}})
	}
	if err := t.writeAll(ctx, removals(keys, nil)); err != nil {
		return err
	}
	return t.writeAll(ctx, causes) // last: until then a second try knows what is left
}

// LearnUser makes a person be found by the words is, and no longer by those of
// was that are not among them.
func (t *Table) LearnUser(ctx context.Context, u user.User, was, is []string) error {
	before, after := map[key]bool{}, map[key]bool{}
	at := place(u.CreatedAt, u.ID)
	wordKeys(before, wordsOfPeople, at, was)
	wordKeys(after, wordsOfPeople, at, is)
	writes := removals(before, after)
	for k := range after {
		if !before[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.wire()}})
		}
	}
	return t.writeAll(ctx, writes)
}

func ticketKeys(to map[key]bool, h ticket.Head, words, ofStaff []string) {
	at := place(h.CreatedAt, h.ID)
	wordKeys(to, wordsOfTickets, at, ofStaff)
	ownWordKeys(to, h.Customer.ID, at, words)
}

// removals deletes keys, but for those that are still wanted.
func removals(keys, but map[key]bool) []types.WriteRequest {
	var writes []types.WriteRequest
	for k := range keys {
		if !but[k] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.wire()}})
		}
	}
	return writes
}

// learnt reads what a ticket is found by.
func (t *Table) learnt(ctx context.Context, ticketID string) ([]learntItem, error) {
	var all []learntItem
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": learntKey(ticketID, "").PK}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var i learntItem
			if err := decode(one, &i); err != nil {
				return nil, err
			}
			all = append(all, i)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all, nil
		}
	}
}

// without are the words that are not among the known ones.
func without(words, known []string) []string {
	has := make(map[string]bool, len(known))
	for _, word := range known {
		has[word] = true
	}
	var left []string
	for _, word := range words {
		if !has[word] {
			left = append(left, word)
		}
	}
	return left
}

// writeAll puts and deletes items, in no order and without conditions.
func (t *Table) writeAll(ctx context.Context, writes []types.WriteRequest) error {
	for len(writes) > 0 {
		n := min(len(writes), 25) // DynamoDB's limit of a batch
		pending := map[string][]types.WriteRequest{*t.name: writes[:n]}
		writes = writes[n:]
		for try := 0; len(pending) > 0; try++ {
			if try > batchTries {
				return fault.New(fault.Unavailable, "").WithRetryAfter(time.Second)
			}
			if try > 0 {
				pause(ctx, try)
			}
			out, err := t.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: pending})
			if err != nil {
				return translate(err)
			}
			pending = out.UnprocessedItems
		}
	}
	return nil
}
