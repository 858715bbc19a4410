package services

import (
	"crypto/md5" //nolint:gosec // SQS answers with the MD5 of a body, and its clients compare it
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Queues is SQS, as far as dead-letter queues need it.
type Queues struct {
	mu       sync.Mutex
	file     file
	messages map[string][]queued // by queue name
}

type queued struct {
	ID, Body string
	At       time.Time
	Receipt  string
	Hidden   time.Time // until then
}

// Send puts a message into a queue, named by its ARN or URL.
func (q *Queues) Send(queue, body string) error {
	_, err := q.send(name(queue), body)
	return err
}

func (q *Queues) send(queue, body string) (any, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.messages == nil {
		q.messages = map[string][]queued{}
	}
	m := queued{ID: rand.Text(), Body: body, At: now()}
	q.messages[queue] = append(q.messages[queue], m)
	return map[string]string{"MessageId": m.ID, "MD5OfMessageBody": sum(body)}, q.file.save(q.messages)
}

func (q *Queues) call(operation string, body []byte) (any, error) {
	var request struct {
		QueueUrl, QueueName, MessageBody, ReceiptHandle string
		MaxNumberOfMessages                             int
		VisibilityTimeout                               *int
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, invalid("%v", err)
	}
	queue := name(request.QueueUrl)
	switch operation {
	case "SendMessage":
		return q.send(queue, request.MessageBody)
	case "ReceiveMessage":
		hide := 30 * time.Second
		if request.VisibilityTimeout != nil {
			hide = time.Duration(*request.VisibilityTimeout) * time.Second
		}
		return q.receive(queue, max(request.MaxNumberOfMessages, 1), hide)
	case "DeleteMessage":
		return q.remove(queue, request.ReceiptHandle)
	case "GetQueueAttributes":
		return q.attributes(queue), nil
	case "GetQueueUrl":
		return map[string]string{"QueueUrl": "http://localhost/000000000000/" + request.QueueName}, nil
	}
	return nil, invalid("AmazonSQS.%s is not part of the local stack", operation)
}

func (q *Queues) receive(queue string, most int, hide time.Duration) (any, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	found := []map[string]string{}
	for i := range q.messages[queue] {
		m := &q.messages[queue][i]
		if len(found) == most || m.Hidden.After(now()) {
			continue
		}
		m.Receipt, m.Hidden = rand.Text(), now().Add(hide)
		found = append(found, map[string]string{"MessageId": m.ID, "ReceiptHandle": m.Receipt, "Body": m.Body, "MD5OfBody": sum(m.Body)})
	}
	return map[string]any{"Messages": found}, nil
}

func (q *Queues) remove(queue, receipt string) (any, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, m := range q.messages[queue] {
		if m.Receipt == receipt && receipt != "" {
			q.messages[queue] = append(q.messages[queue][:i], q.messages[queue][i+1:]...)
			return struct{}{}, q.file.save(q.messages)
		}
	}
	return struct{}{}, nil
}

func (q *Queues) attributes(queue string) any {
	q.mu.Lock()
	defer q.mu.Unlock()
	hidden := 0
	for _, m := range q.messages[queue] {
		if m.Hidden.After(now()) {
			hidden++
		}
	}
	return map[string]any{"Attributes": map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(len(q.messages[queue]) - hidden),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
		"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:" + queue,
	}}
}

// name is the last part of a queue's ARN or URL.
func name(queue string) string { return queue[strings.LastIndexAny(queue, ":/")+1:] }

func sum(body string) string {
	digest := md5.Sum([]byte(body)) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}
