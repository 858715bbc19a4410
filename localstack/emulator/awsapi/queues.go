package awsapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/localstack/emulator/sqs"
)

// Limits of SQS.
const (
	maxBodyBytes  = 1 << 20 // per message and per batch
	maxDelay      = 900     // seconds
	maxVisibility = 12 * 60 * 60
	maxEntries    = 10
)

// invalidCharacters are those that a message body must not contain.
var invalidCharacters = regexp.MustCompile(`[^\t\n\r\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]`)

// sqsRequest is the body of any SQS request.
type sqsRequest struct {
	QueueUrl, QueueName string
	sqsEntry
	Entries             []sqsEntry
	MaxNumberOfMessages int
	AttributeNames      []string
}

// sqsEntry is one entry of a batch, or the fields of a single request.
type sqsEntry struct {
	Id                         string
	MessageBody, ReceiptHandle string
	DelaySeconds               *int
	VisibilityTimeout          *int
	MessageAttributes          map[string]any
	MessageGroupId             string
	MessageDeduplicationId     string
}

func (s *Server) handleSQS(operation string, body []byte) (any, error) {
	var call sqsRequest
	if err := json.Unmarshal(body, &call); err != nil {
		return nil, errValidation("%v", err)
	}
	handlers := map[string]func(queue string, e sqsEntry) (map[string]string, error){
		"SendMessage": s.sendMessage, "DeleteMessage": s.deleteMessage, "ChangeMessageVisibility": s.changeVisibility,
	}
	single, isBatch := strings.CutSuffix(operation, "Batch")
	switch {
	case isBatch && handlers[single] != nil:
		return runBatch(call, handlers[single])
	case handlers[operation] != nil:
		response, err := handlers[operation](call.QueueUrl, call.sqsEntry)
		return response, queueError(err)
	case operation == "ReceiveMessage":
		return s.receiveMessages(call)
	case operation == "GetQueueAttributes":
		return s.queueAttributes(call)
	case operation == "GetQueueUrl":
		return map[string]string{"QueueUrl": "http://localhost/000000000000/" + call.QueueName}, nil
	}
	return nil, errValidation("AmazonSQS.%s is not part of the local stack", operation)
}

// runBatch runs a call for every entry of a batch. Entries succeed or fail
// independently; an unknown queue fails the whole batch.
func runBatch(call sqsRequest, handle func(string, sqsEntry) (map[string]string, error)) (any, error) {
	size := 0
	for _, e := range call.Entries {
		size += len(e.MessageBody)
	}
	switch {
	case len(call.Entries) == 0:
		return nil, &apiError{http.StatusBadRequest, "EmptyBatchRequest", "The batch request doesn't contain any entries."}
	case len(call.Entries) > maxEntries:
		return nil, &apiError{http.StatusBadRequest, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."}
	case size > maxBodyBytes:
		return nil, &apiError{http.StatusBadRequest, "BatchRequestTooLong", "The length of all the messages in the batch is more than the limit."}
	}
	succeeded, failed := []map[string]string{}, []map[string]any{}
	for _, e := range call.Entries {
		response, err := handle(call.QueueUrl, e)
		if errors.Is(err, sqs.ErrNoQueue) {
			return nil, queueError(err)
		}
		var apiErr *apiError
		if errors.As(queueError(err), &apiErr) {
			failed = append(failed, map[string]any{"Id": e.Id, "Code": apiErr.code, "Message": apiErr.message, "SenderFault": true})
			continue
		} else if err != nil {
			return nil, err
		}
		if response == nil {
			response = map[string]string{}
		}
		response["Id"] = e.Id
		succeeded = append(succeeded, response)
	}
	return map[string]any{"Successful": succeeded, "Failed": failed}, nil
}

func (s *Server) sendMessage(name string, e sqsEntry) (map[string]string, error) {
	delay := time.Duration(-1)
	if e.DelaySeconds != nil {
		delay = time.Duration(*e.DelaySeconds) * time.Second
	}
	switch {
	case e.MessageBody == "" || len(e.MessageBody) > maxBodyBytes:
		return nil, errValidation("MessageBody: got %d bytes, want 1 to %d", len(e.MessageBody), maxBodyBytes)
	case e.DelaySeconds != nil && (*e.DelaySeconds < 0 || *e.DelaySeconds > maxDelay):
		return nil, errValidation("DelaySeconds: got %d, want 0 to %d", *e.DelaySeconds, maxDelay)
	case invalidCharacters.MatchString(e.MessageBody):
		return nil, &apiError{http.StatusBadRequest, "InvalidMessageContents", "The message contains characters outside the allowed set."}
	case e.MessageGroupId != "" && e.DelaySeconds != nil && *e.DelaySeconds != 0:
		return nil, errValidation("DelaySeconds: a FIFO queue has no delay of a message")
	case len(e.MessageAttributes) > 0:
		return nil, errValidation("MessageAttributes are not part of the local stack")
	}
	send := func() (sqs.Message, error) { return s.Queues.SendWithDelay(name, e.MessageBody, delay) }
	if e.MessageGroupId != "" {
		send = func() (sqs.Message, error) {
			return s.Queues.SendToGroup(name, e.MessageGroupId, e.MessageDeduplicationId, e.MessageBody)
		}
	}
	m, err := send()
	return map[string]string{"MessageId": m.ID, "MD5OfMessageBody": sqs.MD5(e.MessageBody)}, err
}

func (s *Server) deleteMessage(name string, e sqsEntry) (map[string]string, error) {
	return nil, s.Queues.Delete(name, e.ReceiptHandle)
}

func (s *Server) changeVisibility(name string, e sqsEntry) (map[string]string, error) {
	if e.VisibilityTimeout == nil || *e.VisibilityTimeout < 0 || *e.VisibilityTimeout > maxVisibility {
		return nil, errValidation("VisibilityTimeout: want 0 to %d", maxVisibility)
	}
	return nil, s.Queues.ChangeVisibility(name, e.ReceiptHandle, time.Duration(*e.VisibilityTimeout)*time.Second)
}

func (s *Server) receiveMessages(call sqsRequest) (any, error) {
	visibility := time.Duration(-1)
	if call.VisibilityTimeout != nil {
		visibility = time.Duration(*call.VisibilityTimeout) * time.Second
	}
	messages, err := s.Queues.Receive(call.QueueUrl, max(call.MaxNumberOfMessages, 1), visibility)
	found := []map[string]any{}
	for _, m := range messages {
		found = append(found, map[string]any{
			"MessageId": m.ID, "ReceiptHandle": m.ReceiptHandle, "Body": m.Body, "MD5OfBody": sqs.MD5(m.Body),
			"Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.ReceiveCount)},
		})
	}
	return map[string]any{"Messages": found}, queueError(err)
}

func (s *Server) queueAttributes(call sqsRequest) (any, error) {
	depth, err := s.Queues.Depth(call.QueueUrl)
	if err != nil {
		return nil, queueError(err)
	}
	name := sqs.Name(call.QueueUrl)
	settings := s.Queues.Settings()[name]
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	attributes := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(depth.Visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(depth.InFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(depth.Delayed),
		"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:" + name,
		"DelaySeconds":                          seconds(settings.Delay),
		"VisibilityTimeout":                     seconds(settings.VisibilityTimeout),
	}
	for attribute := range attributes {
		if !slices.Contains(call.AttributeNames, "All") && !slices.Contains(call.AttributeNames, attribute) {
			delete(attributes, attribute)
		}
	}
	return map[string]any{"Attributes": attributes}, nil
}

// queueError translates an error of package sqs into an SQS error response.
func queueError(err error) error {
	switch {
	case errors.Is(err, sqs.ErrNoQueue):
		return &apiError{http.StatusBadRequest, "QueueDoesNotExist", "The specified queue does not exist."}
	case errors.Is(err, sqs.ErrReceipt):
		return &apiError{http.StatusBadRequest, "ReceiptHandleIsInvalid", "The input receipt handle is invalid."}
	case errors.Is(err, sqs.ErrNotInFlight):
		return &apiError{http.StatusBadRequest, "MessageNotInflight", "The specified message isn't in flight."}
	case errors.Is(err, sqs.ErrNoGroup):
		return &apiError{http.StatusBadRequest, "MissingParameter", "The request must contain the parameters MessageGroupId and MessageDeduplicationId."}
	}
	return err
}
