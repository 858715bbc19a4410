// Package queue is SQS: queues with delays, visibility and dead letters, and
// the event source mappings that feed functions from them.
package sqs

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Refusals of SQS.
var (
	ErrNoQueue     = errors.New("the specified queue does not exist")
	ErrReceipt     = errors.New("the receipt handle is not valid")
	ErrNotInFlight = errors.New("the message is not in flight")
)

// Settings are what the template says of one queue.
type Settings struct {
	Delay             time.Duration // of a message that names none
	VisibilityTimeout time.Duration // for which a received message is hidden
	DeadLetterQueue   string        // name of the queue that takes what was received too often, or empty
	MaxReceiveCount   int           // how often that is
}

// Message is one message of a queue.
type Message struct {
	ID, Body        string
	SentAt          time.Time
	FirstReceivedAt time.Time // of its receives
	ReceiveCount    int       // how often
	ReceiptHandle   string    // of the last receive
	VisibleAt       time.Time // until then
}

// Depth is how many messages a queue holds.
type Depth struct {
	Visible, InFlight, Delayed int
	Oldest                     time.Time // zero for an empty queue
}

// Queues are all queues of the template and their messages.
type Queues struct {
	mu       sync.Mutex
	settings map[string]Settings   // by name, as all that follows
	messages map[string][]*Message // oldest first
	journal  journal
	changed  chan struct{} // closed at the next change
}

// Open reads the messages that a file keeps; an empty path keeps none.
func Open(path string) (*Queues, error) {
	q := &Queues{changed: make(chan struct{})}
	var err error
	q.messages, err = q.journal.open(path)
	return q, err
}

// Close closes the file.
func (q *Queues) Close() error { return q.journal.close() }

// Define says which queues there are.
func (q *Queues) Define(settings map[string]Settings) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settings = settings
	q.notifyWaiters()
}

// Settings are those of the queues, by name.
func (q *Queues) Settings() map[string]Settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settings
}

// Send puts a message into a queue, which is named by its ARN, URL or name.
func (q *Queues) Send(queue, body string) error {
	_, err := q.SendWithDelay(queue, body, -1)
	return err
}

// SendWithDelay is Send with a delay of the message's own; a negative one stands
// for the queue's.
func (q *Queues) SendWithDelay(queue, body string, delay time.Duration) (Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue = Name(queue)
	settings, ok := q.settings[queue]
	if !ok {
		return Message{}, ErrNoQueue
	}
	if delay < 0 {
		delay = settings.Delay
	}
	now := time.Now().UTC()
	m := &Message{ID: rand.Text(), Body: body, SentAt: now, VisibleAt: now.Add(delay)}
	q.messages[queue] = append(q.messages[queue], m)
	q.notifyWaiters()
	return *m, q.journal.put(queue, m)
}

// Receive takes up to most visible messages and hides them; a negative time
// stands for the queue's own. What was received too often goes to the
// dead-letter queue instead.
func (q *Queues) Receive(queue string, limit int, visibility time.Duration) ([]Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue = Name(queue)
	settings, ok := q.settings[queue]
	if !ok {
		return nil, ErrNoQueue
	}
	if visibility < 0 {
		visibility = settings.VisibilityTimeout
	}
	now := time.Now().UTC()
	var received []Message
	var dead []*Message
	for _, m := range q.messages[queue] {
		switch {
		case len(received) == limit:
		case m.VisibleAt.After(now):
		case settings.DeadLetterQueue != "" && m.ReceiveCount >= settings.MaxReceiveCount:
			dead = append(dead, m)
		default:
			if m.ReceiveCount++; m.ReceiveCount == 1 {
				m.FirstReceivedAt = now
			}
			m.ReceiptHandle, m.VisibleAt = rand.Text(), now.Add(visibility)
			received = append(received, *m)
			if err := q.journal.put(queue, m); err != nil {
				return nil, err
			}
		}
	}
	return received, q.moveToDLQ(queue, settings.DeadLetterQueue, dead)
}

// moveToDLQ moves messages to the dead-letter queue.
func (q *Queues) moveToDLQ(queue, deadLetter string, messages []*Message) error {
	for _, m := range messages {
		if err := q.remove(queue, m); err != nil {
			return err
		}
		moved := &Message{ID: m.ID, Body: m.Body, SentAt: m.SentAt}
		q.messages[deadLetter] = append(q.messages[deadLetter], moved)
		if err := q.journal.put(deadLetter, moved); err != nil {
			return err
		}
		q.notifyWaiters()
	}
	return nil
}

// Delete removes a received message. A receipt that is not the last one does
// nothing, as on AWS.
func (q *Queues) Delete(queue, receipt string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.find(queue, receipt)
	if errors.Is(err, ErrReceipt) {
		return nil
	}
	if err != nil {
		return err
	}
	return q.remove(Name(queue), m)
}

// ChangeVisibility changes for how long, from now on, a received message is hidden.
func (q *Queues) ChangeVisibility(queue, receipt string, visibility time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.find(queue, receipt)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if !m.VisibleAt.After(now) {
		return ErrNotInFlight
	}
	m.VisibleAt = now.Add(visibility)
	q.notifyWaiters()
	return q.journal.put(Name(queue), m)
}

// release undoes the receive of a message whose function could not be started.
func (q *Queues) release(queue, receipt string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.find(queue, receipt)
	if err != nil {
		return err
	}
	m.ReceiveCount--
	m.VisibleAt = time.Time{}
	q.notifyWaiters()
	return q.journal.put(Name(queue), m)
}

// Depth counts a queue's messages.
func (q *Queues) Depth(queue string) (Depth, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.settings[Name(queue)]; !ok {
		return Depth{}, ErrNoQueue
	}
	var d Depth
	now := time.Now()
	for i, m := range q.messages[Name(queue)] {
		if i == 0 || m.SentAt.Before(d.Oldest) {
			d.Oldest = m.SentAt
		}
		switch {
		case !m.VisibleAt.After(now):
			d.Visible++
		case m.ReceiptHandle == "":
			d.Delayed++
		default:
			d.InFlight++
		}
	}
	return d, nil
}

// List shows up to most messages of a queue, oldest first, without receiving them.
func (q *Queues) List(queue string, limit int) []Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := []Message{}
	for _, m := range q.messages[Name(queue)] {
		if len(list) < limit {
			list = append(list, *m)
		}
	}
	return list
}

// waiter returns what is closed at the next change, and when the next hidden
// message of the queue appears (zero for never).
func (q *Queues) waiter(queue string) (changed <-chan struct{}, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages[Name(queue)] {
		if next.IsZero() || m.VisibleAt.Before(next) {
			next = m.VisibleAt
		}
	}
	return q.changed, next
}

func (q *Queues) notifyWaiters() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *Queues) find(queue, receipt string) (*Message, error) {
	if _, ok := q.settings[Name(queue)]; !ok {
		return nil, ErrNoQueue
	}
	for _, m := range q.messages[Name(queue)] {
		if m.ReceiptHandle == receipt && receipt != "" {
			return m, nil
		}
	}
	return nil, ErrReceipt
}

func (q *Queues) remove(queue string, m *Message) error {
	i := slices.Index(q.messages[queue], m)
	q.messages[queue] = slices.Delete(q.messages[queue], i, i+1)
	return q.journal.deleted(queue, m.ID)
}

// Name is the last part of a queue's ARN or URL.
func Name(queue string) string { return queue[strings.LastIndexAny(queue, ":/")+1:] }
