package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ticketsystem/pkg/search"
)

// SearchIndex sends changes of the search index to a FIFO queue. The changes of one
// ticket or user are made in order.
type SearchIndex struct{ queue *Queue }

// NewSearchIndex returns a SearchIndex that sends to the queue.
func NewSearchIndex(q *Queue) SearchIndex { return SearchIndex{q} }

// IndexTicket sends the terms of one entry.
func (s SearchIndex) IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error {
	return s.send(ctx, ticketID, search.IndexJob{TicketID: ticketID, Entry: &search.EntryTerms{Cause: cause, Terms: terms, StaffOnly: staffOnly}})
}

// IndexOpening sends the terms of the first entry and that the fields of the ticket are new.
func (s SearchIndex) IndexOpening(ctx context.Context, ticketID, cause string, terms []string) error {
	return s.send(ctx, ticketID, search.IndexJob{TicketID: ticketID, Entry: &search.EntryTerms{Cause: cause, Terms: terms}, Refresh: true})
}

// RefreshTicket sends the id of a ticket whose fields or customer have changed.
func (s SearchIndex) RefreshTicket(ctx context.Context, ticketID string) error {
	return s.send(ctx, ticketID, search.IndexJob{TicketID: ticketID})
}

// RefreshUser sends the id of a user who has changed.
func (s SearchIndex) RefreshUser(ctx context.Context, userID string) error {
	return s.send(ctx, userID, search.IndexJob{UserID: userID})
}

func (s SearchIndex) send(ctx context.Context, group string, job search.IndexJob) error {
	body, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	// Equal jobs may be needed again, so the deduplication id is of this request only.
	_, err = s.queue.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: s.queue.url, MessageBody: aws.String(string(body)), MessageGroupId: &group, MessageDeduplicationId: aws.String(rand.Text()),
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}
