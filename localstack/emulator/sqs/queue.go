// Package sqs emulates SQS in memory: queues with delays, visibility timeouts and
// dead-letter queues, and the event source mappings that invoke functions.
package sqs

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Errors of SQS.
var (
	ErrNoQueue     = errors.New("the specified queue does not exist")
	ErrReceipt     = errors.New("the receipt handle is not valid")
	ErrNotInFlight = errors.New("the message is not in flight")
	ErrNoGroup     = errors.New("a FIFO queue needs a message group and a deduplication id")
)

// Settings are the properties of one queue in the template.
type Settings struct {
	Delay             time.Duration // default delay of a message
	VisibilityTimeout time.Duration
	DeadLetterQueue   string // name, or empty
	MaxReceiveCount   int    // receives before a message moves to the dead-letter queue
	FIFO              bool   // the messages of a group are received in order, one batch at a time
}

// Message is one message of a queue.
type Message struct {
	ID, Body        string
	Group           string // of a FIFO queue
	deduplicationID string
	SentAt          time.Time
	FirstReceivedAt time.Time
	ReceiveCount    int
	ReceiptHandle   string    // of the latest receive
	VisibleAt       time.Time // end of the delay or of the visibility timeout
}

// Depth counts the messages of a queue by state.
type Depth struct {
	Visible, InFlight, Delayed int
	Oldest                     time.Time // zero for an empty queue
}

// Queues holds all queues of the template. Methods take a queue's ARN, URL or name
// and return ErrNoQueue for an unknown one.
type Queues struct {
	mu       sync.Mutex
	settings map[string]Settings   // by queue name
	messages map[string][]*Message // by queue name, oldest first
	changed  chan struct{}         // closed and replaced at each change
}

// New returns queues without messages. Define sets which queues exist.
func New() *Queues {
	return &Queues{messages: map[string][]*Message{}, changed: make(chan struct{})}
}

// Define replaces the set of queues. Messages of queues that remain are kept.
func (q *Queues) Define(settings map[string]Settings) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settings = settings
	q.notifyWaiters()
}

// Settings returns the settings of all queues by name.
func (q *Queues) Settings() map[string]Settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settings
}

// Send adds a message with the queue's default delay.
func (q *Queues) Send(queue, body string) error {
	_, err := q.SendWithDelay(queue, body, -1)
	return err
}

// SendWithDelay adds a message. A negative delay selects the queue's default.
func (q *Queues) SendWithDelay(queue, body string, delay time.Duration) (Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue = Name(queue)
	settings, ok := q.settings[queue]
	if !ok {
		return Message{}, ErrNoQueue
	}
	if settings.FIFO {
		return Message{}, ErrNoGroup
	}
	if delay < 0 {
		delay = settings.Delay
	}
	now := time.Now().UTC()
	return q.add(queue, Message{Body: body, SentAt: now, VisibleAt: now.Add(delay)}), nil
}

// SendToGroup adds a message to a FIFO queue. It adds nothing if the queue holds a
// message with the deduplication id. AWS also compares with the deleted messages of
// the last five minutes.
func (q *Queues) SendToGroup(queue, group, deduplicationID, body string) (Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue = Name(queue)
	settings, ok := q.settings[queue]
	switch {
	case !ok:
		return Message{}, ErrNoQueue
	case !settings.FIFO || group == "" || deduplicationID == "":
		return Message{}, ErrNoGroup
	}
	for _, m := range q.messages[queue] {
		if m.deduplicationID == deduplicationID {
			return *m, nil
		}
	}
	now := time.Now().UTC()
	return q.add(queue, Message{Body: body, Group: group, deduplicationID: deduplicationID, SentAt: now, VisibleAt: now.Add(settings.Delay)}), nil
}

func (q *Queues) add(queue string, m Message) Message {
	m.ID = rand.Text()
	q.messages[queue] = append(q.messages[queue], &m)
	q.notifyWaiters()
	return m
}

// Receive returns up to limit visible messages and hides them for the given time.
// A negative time selects the queue's visibility timeout. Messages that reached the
// maximum receive count move to the dead-letter queue instead.
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
	blocked := map[string]bool{} // groups of a FIFO queue with an earlier hidden message
	for _, m := range q.messages[queue] {
		switch {
		case len(received) == limit || blocked[m.Group]:
		case m.VisibleAt.After(now):
			blocked[m.Group] = settings.FIFO
		case settings.DeadLetterQueue != "" && m.ReceiveCount >= settings.MaxReceiveCount:
			dead = append(dead, m)
		default:
			if m.ReceiveCount++; m.ReceiveCount == 1 {
				m.FirstReceivedAt = now
			}
			m.ReceiptHandle, m.VisibleAt = rand.Text(), now.Add(visibility)
			received = append(received, *m)
		}
	}
	q.moveToDLQ(queue, settings.DeadLetterQueue, dead)
	return received, nil
}

// moveToDLQ moves messages to the dead-letter queue.
func (q *Queues) moveToDLQ(queue, deadLetter string, messages []*Message) {
	for _, m := range messages {
		q.remove(queue, m)
		q.messages[deadLetter] = append(q.messages[deadLetter], &Message{ID: m.ID, Body: m.Body, Group: m.Group, SentAt: m.SentAt})
		q.notifyWaiters()
	}
}

// Delete removes a received message. As on AWS, an outdated receipt handle is not
// an error and removes nothing.
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
	q.remove(Name(queue), m)
	if m.Group != "" {
		q.notifyWaiters() // the group may go on
	}
	return nil
}

// ChangeVisibility hides a received message for the given time from now on. It
// returns ErrReceipt for an outdated receipt handle and ErrNotInFlight for a
// visible message.
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
	return nil
}

// release undoes a receive. It is used if the function could not be started.
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
	return nil
}

// Depth counts the messages of a queue.
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

// List returns up to limit messages of a queue, oldest first. It does not receive them.
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

// waiter returns a channel that is closed at the next change, and the time at which
// the next message of the queue becomes visible, zero if the queue is empty.
func (q *Queues) waiter(queue string) (changed <-chan struct{}, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	blocked, now := map[string]bool{}, time.Now()
	for _, m := range q.messages[Name(queue)] {
		if !blocked[m.Group] && (next.IsZero() || m.VisibleAt.Before(next)) {
			next = m.VisibleAt
		}
		blocked[m.Group] = blocked[m.Group] || m.Group != "" && m.VisibleAt.After(now)
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

func (q *Queues) remove(queue string, m *Message) {
	i := slices.Index(q.messages[queue], m)
	q.messages[queue] = slices.Delete(q.messages[queue], i, i+1)
}

// Name returns the queue name, which is the last part of its ARN or URL.
func Name(queue string) string { return queue[strings.LastIndexAny(queue, ":/")+1:] }
