package sqs

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS tells the MD5 of a body, and its clients compare it
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"ticketsystem/localstack/emulator/lambda"
)

// Mapping is an event source mapping between a queue and a function.
type Mapping struct {
	ID             string
	Queue          string // ARN
	Function       string
	BatchSize      int
	BatchWindow    time.Duration // how long to wait for a full batch
	ReportFailures bool          // the function reports single failures
	MaxConcurrency int           // batches at once
}

// Poller feeds functions from queues.
type Poller struct {
	Queues *Queues
	Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Logf   func(string, ...any)
}

// Run feeds one mapping's function until ctx ends. A message is deleted when
// the function took it; otherwise it appears again when its visibility ends.
func (p *Poller) Run(ctx context.Context, m Mapping) {
	var workers sync.WaitGroup
	for range max(m.MaxConcurrency, 1) {
		workers.Go(func() { p.pollLoop(ctx, m) })
	}
	workers.Wait()
}

func (p *Poller) pollLoop(ctx context.Context, m Mapping) {
	for ctx.Err() == nil {
		// Before the look, so that no change falls between the two.
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

// waitUntil waits for a change or a moment; a zero one never comes.
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
		// It could not even be started, for example built: the messages were not received.
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

// partitionSucceeded sorts a batch, what the function took first, and tells how many that
// are. A report that is none or names another message fails the whole batch,
// as on AWS.
func partitionSucceeded(m Mapping, batch []Message, result []byte) int {
	if !m.ReportFailures {
		return len(batch)
	}
	var report struct {
		Failures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(result, &report); err != nil {
		return 0
	}
	failed := map[string]bool{}
	for _, failure := range report.Failures {
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

// newEvent is a batch as Lambda hands it to a function.
func newEvent(queue string, batch []Message) map[string]any {
	ms := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	records := make([]map[string]any, len(batch))
	for i, m := range batch {
		records[i] = map[string]any{
			"messageId": m.ID, "receiptHandle": m.ReceiptHandle, "body": m.Body, "md5OfBody": MD5(m.Body),
			"attributes": map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.ReceiveCount), "SentTimestamp": ms(m.SentAt),
				"SenderId": "LOCAL", "ApproximateFirstReceiveTimestamp": ms(m.FirstReceivedAt),
			},
			"messageAttributes": map[string]any{},
			"eventSource":       "aws:sqs", "eventSourceARN": queue, "awsRegion": "us-east-1",
		}
	}
	return map[string]any{"Records": records}
}

// MD5 is the MD5 of a body, in hexadecimal digits.
func MD5(body string) string {
	digest := md5.Sum([]byte(body)) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}
