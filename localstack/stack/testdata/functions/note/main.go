// Command note takes events of any source and writes their names to its log;
// a record whose key ends in "bad" fails.
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
		Records []struct {
			EventName string
			Dynamodb  struct{ Keys map[string]map[string]string }
			S3        struct{ Object struct{ Key string } }
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	for _, r := range e.Records {
		key := r.Dynamodb.Keys["SK"]["S"] + r.S3.Object.Key
		if strings.HasSuffix(key, "bad") {
			return nil, errors.New("bad record")
		}
		fmt.Fprintln(os.Stderr, "noted", r.EventName, key)
	}
	return map[string]any{"statusCode": 200, "batchItemFailures": []string{}}, nil
}
