package sqs

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS returns the MD5 of a body, and SDK clients compare it
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/localstack/emulator/lambda"
)

// Mapping is an event source mapping from a queue to a function.
type Mapping struct {
	ID             string
	Queue          string // ARN
	Function       string
	BatchSize      int
	BatchWindow    time.Duration // how long to wait for a full batch
	ReportFailures bool          // the function returns batchItemFailures
	MaxConcurrency int           // batches in parallel
}

// Poller invokes functions with the messages of queues.
type Poller struct {
	Queues *Queues
	Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Logf   func(string, ...any)
}

// Run polls the queue of one mapping until ctx ends. It deletes the messages that
// the function processed. Others become visible again after the visibility timeout.
func (p *Poller) Run(ctx context.Context, m Mapping) {
	var workers sync.WaitGroup
	for range max(m.MaxConcurrency, 1) {
		workers.Go(func() { p.pollLoop(ctx, m) })
	}
	workers.Wait()
}

func (p *Poller) pollLoop(ctx context.Context, m Mapping) {
	for ctx.Err() == nil {
		// The waiter is taken before the receive, so that no change is missed between them.
		changed, next := p.Queues.waiter(m.Queue)
		batch, err := p.Queues.Receive(m.Queue, m.BatchSize, -1)
		if err != nil {
			p.Logf("%s: %v", m.ID, err)
			next = time.Now().Add(time.Second)
		}
		if len(batch) == 0 {
			waitUntil(ctx, changed, next)
			continue
		}
		if len(batch) < m.BatchSize && m.BatchWindow > 0 {
			waitUntil(ctx, nil, time.Now().Add(m.BatchWindow))
			more, err := p.Queues.Receive(m.Queue, m.BatchSize-len(batch), -1)
			if err != nil {
				p.Logf("%s: %v", m.ID, err)
			}
			batch = append(batch, more...)
		}
		p.deliver(ctx, m, batch)
	}
}

// waitUntil waits for a change, the deadline or the end of ctx. A zero deadline
// never passes.
func waitUntil(ctx context.Context, changed <-chan struct{}, deadline time.Time) {
	var timer <-chan time.Time
	if !deadline.IsZero() {
		timer = time.After(max(time.Until(deadline), time.Millisecond))
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer:
	}
}

func (p *Poller) deliver(ctx context.Context, m Mapping, batch []Message) {
	payload, err := json.Marshal(newEvent(m.Queue, batch))
	if err != nil {
		p.Logf("%s: %v", m.ID, err)
		return
	}
	result, err := p.Invoke(ctx, m.Function, payload)
	if ctx.Err() != nil {
		return
	}
	var failed *lambda.FunctionError
	switch {
	case errors.As(err, &failed):
		p.Logf("%s: %d messages failed: %v", m.ID, len(batch), err)
		return
	case err != nil:
		// The function could not be started, for example because it does not compile.
		for _, message := range batch {
			if err := p.Queues.release(m.Queue, message.ReceiptHandle); err != nil {
				p.Logf("%s: %v", m.ID, err)
			}
		}
		waitUntil(ctx, nil, time.Now().Add(time.Second))
		return
	}
	for _, message := range batch[:partitionSucceeded(m, batch, result)] {
		if err := p.Queues.Delete(m.Queue, message.ReceiptHandle); err != nil {
			p.Logf("%s: %v", m.ID, err)
		}
	}
}

// partitionSucceeded moves the processed messages to the front of the batch and
// returns their number. As on AWS, an invalid failure report, or one that names an
// unknown message, fails the whole batch.
func partitionSucceeded(m Mapping, batch []Message, result []byte) int {
	if !m.ReportFailures {
		return len(batch)
	}
	var report events.SQSEventResponse
	if err := json.Unmarshal(result, &report); err != nil {
		return 0
	}
	failed := map[string]bool{}
	for _, failure := range report.BatchItemFailures {
		if !slices.ContainsFunc(batch, func(m Message) bool { return m.ID == failure.ItemIdentifier }) {
			return 0
		}
		failed[failure.ItemIdentifier] = true
	}
	n := 0
	for i := range batch {
		if !failed[batch[i].ID] {
			batch[n], batch[i] = batch[i], batch[n]
			n++
		}
	}
	return n
}

// newEvent returns the event that Lambda passes to a function for a batch.
func newEvent(queue string, batch []Message) events.SQSEvent {
	ms := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	records := make([]events.SQSMessage, len(batch))
	for i, m := range batch {
		records[i] = events.SQSMessage{
			MessageId: m.ID, ReceiptHandle: m.ReceiptHandle, Body: m.Body, Md5OfBody: MD5(m.Body),
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.ReceiveCount), "SentTimestamp": ms(m.SentAt),
				"SenderId": "LOCAL", "ApproximateFirstReceiveTimestamp": ms(m.FirstReceivedAt),
			},
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSource:       "aws:sqs", EventSourceARN: queue, AWSRegion: "us-east-1",
		}
	}
	for i, m := range batch {
		if m.Group != "" {
			records[i].Attributes["MessageGroupId"] = m.Group
		}
	}
	return events.SQSEvent{Records: records}
}

// MD5 returns the hexadecimal MD5 digest of a message body.
func MD5(body string) string {
	digest := md5.Sum([]byte(body)) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}
