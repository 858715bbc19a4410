package queue

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

	"ticketsystem/localstack/lambda"
)

// Mapping is an event source mapping between a queue and a function.
type Mapping struct {
	ID          string
	Queue       string // ARN
	Function    string
	BatchSize   int
	Window      time.Duration // how long to wait for a full batch
	Partial     bool          // the function reports single failures
	Concurrency int           // batches at once
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
	for range max(m.Concurrency, 1) {
		workers.Go(func() { p.work(ctx, m) })
	}
	workers.Wait()
}

func (p *Poller) work(ctx context.Context, m Mapping) {
	for ctx.Err() == nil {
		// Before the look, so that no change falls between the two.
		changed, next := p.Queues.watch(m.Queue)
		batch, err := p.Queues.Receive(m.Queue, m.BatchSize, -1)
		if err != nil {
			p.Logf("%s: %v", m.ID, err)
			next = time.Now().Add(time.Second)
		}
		if len(batch) == 0 {
			wait(ctx, changed, next)
			continue
		}
		if len(batch) < m.BatchSize && m.Window > 0 {
			wait(ctx, nil, time.Now().Add(m.Window))
			more, err := p.Queues.Receive(m.Queue, m.BatchSize-len(batch), -1)
			if err != nil {
				p.Logf("%s: %v", m.ID, err)
			}
			batch = append(batch, more...)
		}
		p.deliver(ctx, m, batch)
	}
}

// wait waits for a change or a moment; a zero one never comes.
func wait(ctx context.Context, changed <-chan struct{}, moment time.Time) {
	var timer <-chan time.Time
	if !moment.IsZero() {
		timer = time.After(max(time.Until(moment), time.Millisecond))
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer:
	}
}

func (p *Poller) deliver(ctx context.Context, m Mapping, batch []Message) {
	payload, err := json.Marshal(event(m.Queue, batch))
	if err != nil {
		p.Logf("%s: %v", m.ID, err)
		return
	}
	answer, err := p.Invoke(ctx, m.Function, payload)
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
			if err := p.Queues.giveBack(m.Queue, message.Receipt); err != nil {
				p.Logf("%s: %v", m.ID, err)
			}
		}
		wait(ctx, nil, time.Now().Add(time.Second))
		return
	}
	for _, message := range batch[:taken(m, batch, answer)] {
		if err := p.Queues.Delete(m.Queue, message.Receipt); err != nil {
			p.Logf("%s: %v", m.ID, err)
		}
	}
}

// taken sorts a batch, what the function took first, and tells how many that
// are. A report that is none or names another message fails the whole batch,
// as on AWS.
func taken(m Mapping, batch []Message, answer []byte) int {
	if !m.Partial {
		return len(batch)
	}
	var report struct {
		Failures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &report); err != nil {
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

// event is a batch as Lambda hands it to a function.
func event(queue string, batch []Message) map[string]any {
	ms := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	records := make([]map[string]any, len(batch))
	for i, m := range batch {
		records[i] = map[string]any{
			"messageId": m.ID, "receiptHandle": m.Receipt, "body": m.Body, "md5OfBody": Sum(m.Body),
			"attributes": map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.Received), "SentTimestamp": ms(m.Sent),
				"SenderId": "LOCAL", "ApproximateFirstReceiveTimestamp": ms(m.First),
			},
			"messageAttributes": map[string]any{},
			"eventSource":       "aws:sqs", "eventSourceARN": queue, "awsRegion": "us-east-1",
		}
	}
	return map[string]any{"Records": records}
}

// Sum is the MD5 of a body, in hexadecimal digits.
func Sum(body string) string {
	digest := md5.Sum([]byte(body)) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}
