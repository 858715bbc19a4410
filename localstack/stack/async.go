package stack

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/template"
)

// retryPause stands between the tries of an asynchronous invocation (AWS: one
// minute, then two).
const retryPause = time.Second

// notify invokes a function without a caller who waits: it is tried again after
// a failure, and what failed for good goes to the function's failure queue.
func (s *Stack) notify(name string, payload []byte) {
	s.background(func() {
		f := s.function(name)
		for try := 0; ; try++ {
			_, err := s.Invoke(context.WithoutCancel(s.ctx), name, payload)
			var failed *lambda.FunctionError
			if err == nil || !errors.As(err, &failed) && s.ctx.Err() != nil {
				return
			}
			if try >= f.Retries {
				s.giveUp(f, payload, err, try+1)
				return
			}
			select {
			case <-s.ctx.Done():
				s.logf("%s: the stack stopped before its retry", name)
				return
			case <-time.After(retryPause << try):
			}
		}
	})
}

func (s *Stack) giveUp(f template.Function, payload []byte, cause error, count int) {
	s.logf("%s: gave up after %d tries: %v", f.Folder, count, cause)
	if f.OnFailure == "" {
		return
	}
	body, err := json.Marshal(map[string]any{
		"version": "1.0", "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
		"requestContext":  map[string]any{"functionArn": f.Folder, "condition": "RetriesExhausted", "approximateInvokeCount": count},
		"requestPayload":  json.RawMessage(payload),
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
		"responsePayload": map[string]string{"errorMessage": cause.Error()},
	})
	if err == nil {
		err = s.services.Queues.Send(f.OnFailure, string(body))
	}
	if err != nil {
		s.logf("%s: failure queue: %v", f.Folder, err)
	}
}

func (s *Stack) function(name string) template.Function {
	for _, f := range s.current().functions {
		if f.Folder == name {
			return f
		}
	}
	return template.Function{Folder: name}
}
