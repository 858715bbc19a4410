package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// indexedTermsItem is what one entry, or another cause, has added to the words of a
// ticket. It keeps a word from being written with every message that has it,
// and is how all of them are found again when the ticket goes.
type indexedTermsItem struct {
	key
	CustomerID string   `dynamodbav:"by"`
	Created    int64    `dynamodbav:"at"`
	Terms      []string `dynamodbav:"words,omitempty"`  // everybody's
	StaffOnly  []string `dynamodbav:"secret,omitempty"` // of staff alone
}

// IndexTicket makes a ticket be found by words: by whoever may see it, or by
// staff alone. cause names what they come from; it counts once. A ticket that
// is not there any more learns nothing.
func (s *Store) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	indexed, err := s.indexedTerms(ctx, ticketID)
	if err != nil {
		return err
	}
	var known, knownStaffOnly []string
	for _, i := range indexed {
		if i.SK == cause {
			return nil
		}
		known, knownStaffOnly = append(known, i.Terms...), append(append(knownStaffOnly, i.Terms...), i.StaffOnly...)
	}
	terms = difference(terms, known)
	staffOnly = difference(difference(staffOnly, knownStaffOnly), terms)
	if len(terms)+len(staffOnly) == 0 {
		return nil
	}
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return err
	}
	tk := stored.ticket()
	if tk.ID == "" {
		return nil
	}
	current, wants := map[key]bool{}, map[key]bool{}
	addTicketTermKeys(current, tk, known, knownStaffOnly)
	addTicketTermKeys(wants, tk, terms, append(staffOnly, terms...))
	var writes []types.WriteRequest
	for k := range wants {
		if !current[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.marshal()}})
		}
	}
	if err := s.batchWrite(ctx, writes); err != nil {
		return err
	}
	// Last: what stands here has been written.
	_, err = s.put(ctx, indexedTermsItem{indexedTermsKey(ticketID, cause), tk.Customer.ID, toMillis(tk.CreatedAt), terms, staffOnly}, "", nil)
	return err
}

// DeindexTicket removes all words of a ticket that has gone.
func (s *Store) DeindexTicket(ctx context.Context, ticketID string) error {
	indexed, err := s.indexedTerms(ctx, ticketID)
	if err != nil || len(indexed) == 0 {
		return err
	}
	keys := map[key]bool{}
	var causes []types.WriteRequest
	for _, i := range indexed {
		tk := ticket.Ticket{ID: ticketID, Customer: ticket.UserRef{ID: i.CustomerID}, CreatedAt: fromMillis(i.Created)}
		addTicketTermKeys(keys, tk, i.Terms, append(i.StaffOnly, i.Terms...))
		causes = append(causes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: i.marshal()}})
	}
	if err := s.batchWrite(ctx, deleteRequests(keys, nil)); err != nil {
		return err
	}
	return s.batchWrite(ctx, causes) // last: until then a second try knows what is left
}

// IndexUser makes a person be found by the words is, and no longer by those of
// was that are not among them.
func (s *Store) IndexUser(ctx context.Context, u user.User, oldTerms, newTerms []string) error {
	before, after := map[key]bool{}, map[key]bool{}
	at := postingKey(u.CreatedAt, u.ID)
	addTermKeys(before, userTermsScope, at, oldTerms)
	addTermKeys(after, userTermsScope, at, newTerms)
	writes := deleteRequests(before, after)
	for k := range after {
		if !before[k] {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: k.marshal()}})
		}
	}
	return s.batchWrite(ctx, writes)
}

func addTicketTermKeys(to map[key]bool, tk ticket.Ticket, terms, staffTerms []string) {
	at := postingKey(tk.CreatedAt, tk.ID)
	addTermKeys(to, ticketTermsScope, at, staffTerms)
	addCustomerTermKeys(to, tk.Customer.ID, at, terms)
}

// deleteRequests deletes keys, but for those that are still wanted.
func deleteRequests(keys, keep map[key]bool) []types.WriteRequest {
	var writes []types.WriteRequest
	for k := range keys {
		if !keep[k] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.marshal()}})
		}
	}
	return writes
}

// indexedTerms reads what a ticket is found by.
func (s *Store) indexedTerms(ctx context.Context, ticketID string) ([]indexedTermsItem, error) {
	var all []indexedTermsItem
	in := &dynamodb.QueryInput{
		TableName: s.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": indexedTermsKey(ticketID, "").PK}.marshal(),
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		for _, one := range out.Items {
			var i indexedTermsItem
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

// difference are the words that are not among the known ones.
func difference(terms, known []string) []string {
	has := make(map[string]bool, len(known))
	for _, term := range known {
		has[term] = true
	}
	var left []string
	for _, term := range terms {
		if !has[term] {
			left = append(left, term)
		}
	}
	return left
}

// batchWrite puts and deletes items, in no order and without conditions.
func (s *Store) batchWrite(ctx context.Context, writes []types.WriteRequest) error {
	for len(writes) > 0 {
		n := min(len(writes), 25) // DynamoDB's limit of a batch
		pending := map[string][]types.WriteRequest{*s.name: writes[:n]}
		writes = writes[n:]
		for attempt := 0; len(pending) > 0; attempt++ {
			if attempt > maxBatchRetries {
				return apperr.New(apperr.Unavailable, "").WithRetryAfter(time.Second)
			}
			if attempt > 0 {
				backOff(ctx, attempt)
			}
			out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: pending})
			if err != nil {
				return translate(err)
			}
			pending = out.UnprocessedItems
		}
	}
	return nil
}
