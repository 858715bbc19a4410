package stack

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/samtemplate"
)

// retryInterval is the delay before the first retry of an asynchronous invocation; it
// doubles for the second. AWS waits one minute, then two.
const retryInterval = time.Second

// invokeWithRetries invokes a function asynchronously. It repeats a failed invocation
// as often as the template allows and then sends the event to the on-failure
// destination.
func (s *Stack) invokeWithRetries(name string, payload []byte) {
	s.runBackground(func() {
		f := s.functionNamed(name)
		for attempt := 0; ; attempt++ {
			_, err := s.Invoke(context.WithoutCancel(s.ctx), name, payload)
			var failed *lambda.FunctionError
			if err == nil || !errors.As(err, &failed) && s.ctx.Err() != nil {
				return
			}
			if attempt >= f.Retries {
				s.sendToDestination(f, payload, err, attempt+1)
				return
			}
			select {
			case <-s.ctx.Done():
				s.logf("%s: not retried, the stack is stopping", name)
				return
			case <-time.After(retryInterval << attempt):
			}
		}
	})
}

func (s *Stack) sendToDestination(f samtemplate.Function, payload []byte, cause error, count int) {
	s.logf("%s: failed after %d attempts: %v", f.Folder, count, cause)
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
		s.logf("%s: on-failure destination: %v", f.Folder, err)
	}
}

func (s *Stack) functionNamed(name string) samtemplate.Function {
	for _, f := range s.reload().functions {
		if f.Folder == name {
			return f
		}
	}
	return samtemplate.Function{Folder: name}
}
