// Command note logs the names in any event. It fails on a record whose key ends in
// "bad", and reports a message whose body does so as a batch item failure.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, event json.RawMessage) (any, error) {
	var e struct {
		DetailType string `json:"detail-type"`
		Records    []struct {
			EventName string
			MessageID string
			Body      string
			SNS       struct{ Subject, Message string }
			Dynamodb  struct{ Keys map[string]map[string]string }
			S3        struct{ Object struct{ Key string } }
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	if e.DetailType != "" {
		fmt.Fprintln(os.Stderr, "noted", e.DetailType)
	}
	failures := []map[string]string{}
	for _, r := range e.Records {
		if strings.HasSuffix(r.Body, "bad") {
			failures = append(failures, map[string]string{"itemIdentifier": r.MessageID})
			continue
		}
		key := r.Dynamodb.Keys["SK"]["S"] + r.S3.Object.Key + r.Body + r.SNS.Subject
		if strings.HasSuffix(key, "bad") {
			return nil, errors.New("bad record")
		}
		fmt.Fprintln(os.Stderr, "noted", r.EventName, key)
	}
	return map[string]any{"statusCode": 200, "batchItemFailures": failures}, nil
}
