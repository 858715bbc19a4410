package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"ticketsystem/localstack/emulator/lambda"
)

// errItemFailures means that the function reported batch item failures.
var errItemFailures = errors.New("batch item failures reported")

// Mapping is an event source mapping from the stream to a function.
type Mapping struct {
	ID             string
	Function       string
	FromStart      bool // TRIM_HORIZON instead of LATEST
	BatchSize      int
	BatchWindow    time.Duration // how long to wait for a full batch
	Filters        []Pattern     // one of them must match; an empty list matches all
	ReportFailures bool          // the function returns batchItemFailures
	Bisect         bool
	MaxRetries     int           // -1 for no limit
	MaxRecordAge   time.Duration // older records are not retried; 0 for no limit
	OnFailure      string        // ARN of a queue, or empty
}

// record is a stream record.
type record struct {
	event          map[string]any
	sequenceNumber string
	createdAt      time.Time
}

// process invokes the function with the matching events in batches, and saves the
// checkpoint of the shard after the last one.
func (r *reader) process(ctx context.Context, shard string, events []map[string]any) error {
	var matched []record
	last := ""
	for _, event := range events {
		change := asMap(event["dynamodb"])
		last, _ = change["SequenceNumber"].(string)
		// The engine also reports writes that change nothing. AWS does not.
		if event["eventName"] == "MODIFY" && reflect.DeepEqual(change["OldImage"], change["NewImage"]) {
			continue
		}
		event["awsRegion"], event["eventSourceARN"] = "us-east-1", r.ARN
		if !r.mapping.matches(event) {
			continue
		}
		seconds, _ := change["ApproximateCreationDateTime"].(float64)
		matched = append(matched, record{event: event, sequenceNumber: last, createdAt: time.Unix(int64(seconds), 0)})
	}
	for batch := range slices.Chunk(matched, r.mapping.BatchSize) {
		if err := r.deliver(ctx, shard, batch, 0); err != nil {
			return err
		}
	}
	return r.saveCheckpoint(shard, last)
}

func (m Mapping) matches(event map[string]any) bool {
	return len(m.Filters) == 0 || slices.ContainsFunc(m.Filters, func(p Pattern) bool { return p.Match(event) })
}

// deliver invokes the function until it has processed the batch or the retries are
// exhausted. Splitting a batch does not count as a retry. It returns the error of
// ctx, or an error if a checkpoint or a dead letter cannot be written.
func (r *reader) deliver(ctx context.Context, shard string, batch []record, retries int) error {
	for {
		if tooOld := r.mapping.MaxRecordAge > 0 && time.Since(batch[0].createdAt) > r.mapping.MaxRecordAge; tooOld {
			return r.sendToDLQ(shard, batch, retries, "RecordAgeExceeded")
		}
		succeeded, err := r.invoke(ctx, batch)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var failed *lambda.FunctionError
		if err != nil && succeeded == 0 && !errors.As(err, &failed) && !errors.Is(err, errItemFailures) {
			// The function could not be started, for example because it does not
			// compile. This does not count as a retry.
			r.wait(ctx, time.Second)
			continue
		}
		if succeeded > 0 {
			if err := r.processed(shard, batch[:succeeded]); err != nil {
				return err
			}
			batch = batch[succeeded:]
		}
		if len(batch) == 0 {
			return nil
		}
		if succeeded == 0 && r.mapping.Bisect && len(batch) > 1 {
			half := len(batch) / 2
			if err := r.deliver(ctx, shard, batch[:half], retries); err != nil {
				return err
			}
			return r.deliver(ctx, shard, batch[half:], retries)
		}
		if r.mapping.MaxRetries >= 0 && retries >= r.mapping.MaxRetries {
			r.Logf("%s: %d records failed after %d retries: %v", r.mapping.ID, len(batch), retries, err)
			return r.sendToDLQ(shard, batch, retries+1, "RetryAttemptsExhausted")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(100*time.Millisecond<<min(retries, 6), 5*time.Second)):
		}
		retries++
	}
}

// invoke returns how many records the function has processed, from the first one on.
// The error explains why it is not the whole batch.
func (r *reader) invoke(ctx context.Context, batch []record) (succeeded int, err error) {
	events := make([]map[string]any, len(batch))
	for i := range batch {
		events[i] = batch[i].event
	}
	payload, err := json.Marshal(map[string]any{"Records": events})
	if err != nil {
		return 0, err
	}
	result, err := r.Invoke(ctx, r.mapping.Function, payload)
	if err != nil {
		return 0, err
	}
	if !r.mapping.ReportFailures {
		return len(batch), nil
	}
	var report struct {
		Failures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(result, &report); err != nil {
		return 0, fmt.Errorf("%w: the result is not a batch response: %w", errItemFailures, err)
	}
	succeeded = len(batch)
	for _, failure := range report.Failures {
		// As on AWS, an unknown identifier fails the whole batch.
		i := slices.IndexFunc(batch, func(rec record) bool { return rec.sequenceNumber == failure.ItemIdentifier })
		succeeded = min(succeeded, max(i, 0))
	}
	if succeeded < len(batch) {
		err = fmt.Errorf("%w: record %s", errItemFailures, batch[succeeded].sequenceNumber)
	}
	return succeeded, err
}

// sendToDLQ sends the position of a batch to the on-failure queue, in Lambda's format
// without the records.
func (r *reader) sendToDLQ(shard string, batch []record, count int, condition string) error {
	first, last := batch[0], batch[len(batch)-1]
	if r.mapping.OnFailure != "" {
		body, err := json.Marshal(map[string]any{
			"version":         "1.0",
			"timestamp":       time.Now().UTC().Format(time.RFC3339Nano),
			"requestContext":  map[string]any{"functionArn": r.mapping.Function, "condition": condition, "approximateInvokeCount": count},
			"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
			"DDBStreamBatchInfo": map[string]any{
				"shardId": shard, "streamArn": r.ARN, "batchSize": len(batch),
				"startSequenceNumber": first.sequenceNumber, "endSequenceNumber": last.sequenceNumber,
				"approximateArrivalOfFirstRecord": first.createdAt.UTC().Format(time.RFC3339), "approximateArrivalOfLastRecord": last.createdAt.UTC().Format(time.RFC3339),
			},
		})
		if err != nil {
			return err
		}
		if err := r.Send(r.mapping.OnFailure, string(body)); err != nil {
			return err
		}
	}
	return r.processed(shard, batch)
}

// processed counts records that need not be delivered again, and saves the checkpoint after them.
func (r *reader) processed(shard string, records []record) error {
	r.setProgress(r.mapping.Function, func(p *Progress) { p.Records += len(records) })
	return r.saveCheckpoint(shard, records[len(records)-1].sequenceNumber)
}
