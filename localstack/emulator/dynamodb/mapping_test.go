package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/lambda"
)

// newRecord returns a stream record with the given number as key and sequence number.
func newRecord(number int, old string) map[string]any {
	e := map[string]any{"eventName": "INSERT", "dynamodb": map[string]any{
		"SequenceNumber": fmt.Sprint(number), "ApproximateCreationDateTime": float64(time.Now().Unix()),
		"Keys": map[string]any{"SK": map[string]any{"S": fmt.Sprintf("M#%d", number)}}, "NewImage": map[string]any{"v": "new"},
	}}
	if old != "" {
		e["eventName"] = "MODIFY"
		e["dynamodb"].(map[string]any)["OldImage"] = map[string]any{"v": old}
	}
	return e
}

// runMapping processes records 1 to 4 with a mapping whose function is f. It returns
// the delivered batches, the dead letters and the final checkpoint.
func runMapping(t *testing.T, m Mapping, f func(numbers string) (string, error), events ...map[string]any) (batches, queue []string, position string) {
	t.Helper()
	if events == nil {
		events = []map[string]any{newRecord(1, ""), newRecord(2, ""), newRecord(3, ""), newRecord(4, "")}
	}
	if m.BatchSize == 0 {
		m.BatchSize = 100
	}
	m.OnFailure = "queue"
	s := &Stream{Logf: t.Logf}
	s.Send = func(_, body string) error {
		var sent struct {
			DDBStreamBatchInfo struct{ StartSequenceNumber, EndSequenceNumber string }
		}
		err := json.Unmarshal([]byte(body), &sent)
		queue = append(queue, sent.DDBStreamBatchInfo.StartSequenceNumber+"-"+sent.DDBStreamBatchInfo.EndSequenceNumber)
		return err
	}
	s.Invoke = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		var e struct {
			Records []struct {
				Dynamodb struct{ SequenceNumber string }
			}
		}
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		var numbers []string
		for _, r := range e.Records {
			numbers = append(numbers, r.Dynamodb.SequenceNumber)
		}
		batches = append(batches, strings.Join(numbers, " "))
		result, err := f(batches[len(batches)-1])
		return []byte(result), err
	}
	r := &reader{Stream: s, mapping: m, checkpoints: map[string]string{}, notify: make(chan struct{}, 1)}
	if err := r.process(t.Context(), "shard", events); err != nil {
		t.Fatal(err)
	}
	if got := s.Progress(m.Function).Records; got != wantProcessed(m, events) {
		t.Errorf("%d records count as processed, want %d", got, wantProcessed(m, events))
	}
	return batches, queue, r.checkpoints["shard"]
}

// wantProcessed returns the number of changes that match the filters: each counts once, whether it
// was repeated or went to the queue.
func wantProcessed(m Mapping, events []map[string]any) (n int) {
	for _, event := range events {
		change := event["dynamodb"].(map[string]any)
		if m.matches(event) && !reflect.DeepEqual(change["OldImage"], change["NewImage"]) {
			n++
		}
	}
	return n
}

func expectDelivery(t *testing.T, batches, wantBatches, queue, wantQueue []string, position string) {
	t.Helper()
	if !reflect.DeepEqual(batches, wantBatches) {
		t.Errorf("batches: got %q, want %q", batches, wantBatches)
	}
	if !reflect.DeepEqual(queue, wantQueue) {
		t.Errorf("dead letters: got %q, want %q", queue, wantQueue)
	}
	if position != "4" {
		t.Errorf("checkpoint: got %s, want 4", position)
	}
}

func failOn(number string) func(string) (string, error) {
	return func(numbers string) (string, error) {
		if strings.Contains(numbers, number) {
			return "", &lambda.FunctionError{Message: "as requested"}
		}
		return "{}", nil
	}
}

func TestDeliver_BisectIsolatesFailure(t *testing.T) {
	batches, queue, position := runMapping(t, Mapping{Bisect: true, MaxRetries: 1}, failOn("3"))
	expectDelivery(t, batches, []string{"1 2 3 4", "1 2", "3 4", "3", "3", "4"}, queue, []string{"3-3"}, position)
}

func TestDeliver_SendsBatchToDLQ(t *testing.T) {
	batches, queue, position := runMapping(t, Mapping{MaxRetries: 1, BatchSize: 3}, failOn("1"))
	expectDelivery(t, batches, []string{"1 2 3", "1 2 3", "4"}, queue, []string{"1-3"}, position)
}

func TestDeliver_ResumesAtFirstFailure(t *testing.T) {
	tries := 0
	batches, queue, position := runMapping(t, Mapping{ReportFailures: true, MaxRetries: 5}, func(string) (string, error) {
		if tries++; tries == 1 {
			return `{"batchItemFailures":[{"itemIdentifier":"4"},{"itemIdentifier":"3"}]}`, nil
		}
		return `{"batchItemFailures":[]}`, nil
	})
	expectDelivery(t, batches, []string{"1 2 3 4", "3 4"}, queue, nil, position)
}

func TestDeliver_UnknownIdentifierFailsBatch(t *testing.T) {
	tries := 0
	batches, queue, position := runMapping(t, Mapping{ReportFailures: true, MaxRetries: 5}, func(string) (string, error) {
		if tries++; tries == 1 {
			return `{"batchItemFailures":[{"itemIdentifier":"99"}]}`, nil
		}
		return `{}`, nil
	})
	expectDelivery(t, batches, []string{"1 2 3 4", "1 2 3 4"}, queue, nil, position)
}

func TestDeliver_StartFailureIsNoRetry(t *testing.T) {
	tries := 0
	batches, queue, position := runMapping(t, Mapping{MaxRetries: 0}, func(string) (string, error) {
		if tries++; tries == 1 {
			return "", errors.New("build failed")
		}
		return "{}", nil
	})
	expectDelivery(t, batches, []string{"1 2 3 4", "1 2 3 4"}, queue, nil, position)
}

func TestDeliver_MaxRecordAge(t *testing.T) {
	old := newRecord(4, "")
	old["dynamodb"].(map[string]any)["ApproximateCreationDateTime"] = float64(time.Now().Add(-time.Hour).Unix())
	batches, queue, position := runMapping(t, Mapping{MaxRecordAge: time.Minute}, failOn("-"), old)
	expectDelivery(t, batches, nil, queue, []string{"4-4"}, position)
}

func TestProcess_FiltersAndSkipsUnchanged(t *testing.T) {
	pattern, err := ParsePattern(`{"dynamodb":{"Keys":{"SK":{"S":[{"prefix":"M#2"},{"prefix":"M#3"}]}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	batches, queue, position := runMapping(t, Mapping{Filters: []Pattern{pattern}}, failOn("-"),
		newRecord(1, ""), newRecord(2, "new"), newRecord(3, "old"), newRecord(4, ""))
	expectDelivery(t, batches, []string{"3"}, queue, nil, position)
}

func TestPattern_Match(t *testing.T) {
	e := map[string]any{"eventName": "INSERT", "n": 1.0, "nil": nil, "dynamodb": map[string]any{"SK": "M#1"}}
	for text, want := range map[string]bool{
		`{}`:                                               true,
		`{"eventName":["MODIFY","INSERT"]}`:                true,
		`{"eventName":["MODIFY"]}`:                         false,
		`{"dynamodb":{"SK":[{"prefix":"M#"}]}}`:            true,
		`{"dynamodb":{"SK":[{"prefix":"P#"}]}}`:            false,
		`{"dynamodb":{"Other":[{"exists":false}]}}`:        true,
		`{"dynamodb":{"SK":[{"exists":false}]}}`:           false,
		`{"eventName":[{"anything-but":["INSERT"]}]}`:      false,
		`{"eventName":[{"anything-but":"REMOVE"}]}`:        true,
		`{"eventName":[{"anything-but":{"prefix":"IN"}}]}`: false,
		`{"missing":[{"anything-but":"x"}]}`:               false,
		`{"n":[1],"nil":[null]}`:                           true,
		`{"eventName":["INSERT"],"n":[2]}`:                 false,
	} {
		p, err := ParsePattern(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := p.Match(e); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{`{"a":[{"numeric":[">",1]}]}`, `{"a":"b"}`, `[]`} {
		if _, err := ParsePattern(text); err == nil {
			t.Errorf("%s: got no error, want one", text)
		}
	}
}
