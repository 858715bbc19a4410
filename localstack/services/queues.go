package services

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/localstack/queue"
)

// Limits of SQS.
const (
	maxBody       = 1 << 20 // bytes of a message, and of a batch
	maxDelay      = 900     // seconds
	maxVisibility = 12 * 60 * 60
	maxEntries    = 10
)

// queueCall is the body of any call of SQS.
type queueCall struct {
	QueueUrl, QueueName string
	queueEntry
	Entries             []queueEntry
	MaxNumberOfMessages int
	AttributeNames      []string
}

// queueEntry is one message in a call.
type queueEntry struct {
	Id                         string
	MessageBody, ReceiptHandle string
	DelaySeconds               *int
	VisibilityTimeout          *int
	MessageAttributes          map[string]any
}

func (s *Server) queue(operation string, body []byte) (any, error) {
	var call queueCall
	if err := json.Unmarshal(body, &call); err != nil {
		return nil, invalid("%v", err)
	}
	one := map[string]func(queue string, e queueEntry) (map[string]string, error){
		"SendMessage": s.send, "DeleteMessage": s.deleteMessage, "ChangeMessageVisibility": s.changeVisibility,
	}
	single, isBatch := strings.CutSuffix(operation, "Batch")
	switch {
	case isBatch && one[single] != nil:
		return each(call, one[single])
	case one[operation] != nil:
		answer, err := one[operation](call.QueueUrl, call.queueEntry)
		return answer, refused(err)
	case operation == "ReceiveMessage":
		return s.receive(call)
	case operation == "GetQueueAttributes":
		return s.attributes(call)
	case operation == "GetQueueUrl":
		return map[string]string{"QueueUrl": "http://localhost/000000000000/" + call.QueueName}, nil
	}
	return nil, invalid("AmazonSQS.%s is not part of the local stack", operation)
}

// each makes a call for every entry of a batch: each succeeds or fails alone.
func each(call queueCall, one func(string, queueEntry) (map[string]string, error)) (any, error) {
	size := 0
	for _, e := range call.Entries {
		size += len(e.MessageBody)
	}
	switch {
	case len(call.Entries) == 0:
		return nil, &fault{http.StatusBadRequest, "EmptyBatchRequest", "The batch request doesn't contain any entries."}
	case len(call.Entries) > maxEntries:
		return nil, &fault{http.StatusBadRequest, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."}
	case size > maxBody:
		return nil, &fault{http.StatusBadRequest, "BatchRequestTooLong", "The length of all the messages in the batch is more than the limit."}
	}
	done, failed := []map[string]string{}, []map[string]any{}
	for _, e := range call.Entries {
		answer, err := one(call.QueueUrl, e)
		if errors.Is(err, queue.ErrNoQueue) {
			return nil, refused(err)
		}
		var f *fault
		if errors.As(refused(err), &f) {
			failed = append(failed, map[string]any{"Id": e.Id, "Code": f.code, "Message": f.message, "SenderFault": true})
			continue
		} else if err != nil {
			return nil, err
		}
		if answer == nil {
			answer = map[string]string{}
		}
		answer["Id"] = e.Id
		done = append(done, answer)
	}
	return map[string]any{"Successful": done, "Failed": failed}, nil
}

func (s *Server) send(name string, e queueEntry) (map[string]string, error) {
	delay := time.Duration(-1)
	if e.DelaySeconds != nil {
		delay = time.Duration(*e.DelaySeconds) * time.Second
	}
	switch {
	case e.MessageBody == "" || len(e.MessageBody) > maxBody:
		return nil, invalid("MessageBody: got %d bytes, want 1 to %d", len(e.MessageBody), maxBody)
	case e.DelaySeconds != nil && (*e.DelaySeconds < 0 || *e.DelaySeconds > maxDelay):
		return nil, invalid("DelaySeconds: got %d, want 0 to %d", *e.DelaySeconds, maxDelay)
	case len(e.MessageAttributes) > 0:
		return nil, invalid("MessageAttributes are not part of the local stack")
	}
	m, err := s.Queues.SendLater(name, e.MessageBody, delay)
	return map[string]string{"MessageId": m.ID, "MD5OfMessageBody": queue.Sum(e.MessageBody)}, err
}

func (s *Server) deleteMessage(name string, e queueEntry) (map[string]string, error) {
	return nil, s.Queues.Delete(name, e.ReceiptHandle)
}

func (s *Server) changeVisibility(name string, e queueEntry) (map[string]string, error) {
	if e.VisibilityTimeout == nil || *e.VisibilityTimeout < 0 || *e.VisibilityTimeout > maxVisibility {
		return nil, invalid("VisibilityTimeout: want 0 to %d", maxVisibility)
	}
	return nil, s.Queues.Hide(name, e.ReceiptHandle, time.Duration(*e.VisibilityTimeout)*time.Second)
}

func (s *Server) receive(call queueCall) (any, error) {
	hide := time.Duration(-1)
	if call.VisibilityTimeout != nil {
		hide = time.Duration(*call.VisibilityTimeout) * time.Second
	}
	messages, err := s.Queues.Receive(call.QueueUrl, max(call.MaxNumberOfMessages, 1), hide)
	found := []map[string]any{}
	for _, m := range messages {
		found = append(found, map[string]any{
			"MessageId": m.ID, "ReceiptHandle": m.Receipt, "Body": m.Body, "MD5OfBody": queue.Sum(m.Body),
			"Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Received)},
		})
	}
	return map[string]any{"Messages": found}, refused(err)
}

func (s *Server) attributes(call queueCall) (any, error) {
	depth, err := s.Queues.Depth(call.QueueUrl)
	if err != nil {
		return nil, refused(err)
	}
	name := queue.Name(call.QueueUrl)
	settings := s.Queues.Settings()[name]
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	attributes := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(depth.Visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(depth.InFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(depth.Delayed),
		"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:" + name,
		"DelaySeconds":                          seconds(settings.Delay),
		"VisibilityTimeout":                     seconds(settings.Visibility),
	}
	for attribute := range attributes {
		if !slices.Contains(call.AttributeNames, "All") && !slices.Contains(call.AttributeNames, attribute) {
			delete(attributes, attribute)
		}
	}
	return map[string]any{"Attributes": attributes}, nil
}

// refused is an error of the queues in SQS's words.
func refused(err error) error {
	switch {
	case errors.Is(err, queue.ErrNoQueue):
		return &fault{http.StatusBadRequest, "QueueDoesNotExist", "The specified queue does not exist."}
	case errors.Is(err, queue.ErrReceipt):
		return &fault{http.StatusBadRequest, "ReceiptHandleIsInvalid", "The input receipt handle is invalid."}
	case errors.Is(err, queue.ErrNotInFlight):
		return &fault{http.StatusBadRequest, "MessageNotInflight", "The specified message isn't in flight."}
	}
	return err
}
