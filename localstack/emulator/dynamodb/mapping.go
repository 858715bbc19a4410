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

// errItemFailures is a failure that a function told of in its answer.
var errItemFailures = errors.New("reported as failed")

// Mapping is an event source mapping between the stream and a function.
type Mapping struct {
	ID             string
	Function       string
	FromStart      bool // TRIM_HORIZON rather than LATEST
	BatchSize      int
	BatchWindow    time.Duration // how long to wait for a full batch
	Filters        []Pattern     // one of them must match; none match all
	ReportFailures bool          // the function reports single failures
	Bisect         bool
	MaxRetries     int           // -1 for ever
	MaxRecordAge   time.Duration // of a record that is still tried; 0 for any
	OnFailure      string        // ARN of a queue, or empty
}

// record is a stream record on its way to a function.
type record struct {
	event          map[string]any
	sequenceNumber string
	createdAt      time.Time
}

// process gives the function what its filter lets through, batch by batch, and
// leaves the shard's position behind the last record.
func (r *reader) process(ctx context.Context, shard string, events []map[string]any) error {
	var matched []record
	last := ""
	for _, event := range events {
		change := asMap(event["dynamodb"])
		last, _ = change["SequenceNumber"].(string)
		// The engine reports a write that changed nothing; AWS does not.
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

// deliver invokes the function until it has taken the batch or the tries are
// used up. Halving a batch is no try. The error is ctx's, or that a position or
// a failure could not be written down.
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
			// It could not even be started, for example built: no try of the batch.
			r.wait(ctx, time.Second)
			continue
		}
		if succeeded > 0 {
			if err := r.saveCheckpoint(shard, batch[succeeded-1].sequenceNumber); err != nil {
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
			r.Logf("%s: gave up on %d records after %d retries: %v", r.mapping.ID, len(batch), retries, err)
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

// invoke tells how many records from the first on the function has taken. The
// error says why it did not take all.
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
		return 0, fmt.Errorf("%w: the answer is no batch report: %w", errItemFailures, err)
	}
	succeeded = len(batch)
	for _, failure := range report.Failures {
		// One that is not in the batch fails all of it, as on AWS.
		i := slices.IndexFunc(batch, func(rec record) bool { return rec.sequenceNumber == failure.ItemIdentifier })
		succeeded = min(succeeded, max(i, 0))
	}
	if succeeded < len(batch) {
		err = fmt.Errorf("%w: record %s", errItemFailures, batch[succeeded].sequenceNumber)
	}
	return succeeded, err
}

// sendToDLQ sends a batch to the on-failure queue in the form that Lambda does:
// where the records are, not the records themselves.
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
	return r.saveCheckpoint(shard, last.sequenceNumber)
}
