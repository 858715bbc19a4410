// Package queue sends messages to Amazon SQS.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ticketsystem/pkg/notification"
)

// Queue sends messages to one queue.
type Queue struct {
	client *sqs.Client
	url    *string
}

// New returns a Queue for the queue URL.
func New(config aws.Config, url string) *Queue {
	return &Queue{client: sqs.NewFromConfig(config), url: aws.String(url)}
}

// Send sends up to 10 jobs, which become visible after delay (at most 15
// minutes). If it fails, some of them may have been sent.
func (q *Queue) Send(ctx context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: q.url}
	for i, job := range jobs {
		body, err := json.Marshal(job)
		if err != nil {
			return fmt.Errorf("queue: %w", err)
		}
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body)), DelaySeconds: int32(delay / time.Second),
		})
	}
	out, err := q.client.SendMessageBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	var errs []error
	for _, failed := range out.Failed {
		errs = append(errs, fmt.Errorf("queue: %s %s", aws.ToString(failed.Code), aws.ToString(failed.Message)))
	}
	return errors.Join(errs...)
}

// SendText sends one text message.
func (q *Queue) SendText(ctx context.Context, text string) error {
	_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String(text)})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// ChangeVisibility hides a received message for the given time.
func (q *Queue) ChangeVisibility(ctx context.Context, receipt string, timeout time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: q.url, ReceiptHandle: aws.String(receipt), VisibilityTimeout: int32(timeout / time.Second),
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}
