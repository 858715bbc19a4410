package awsapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Message is an e-mail, SMS or push message that SES, SNS or a push service would have sent.
type Message struct {
	Channel string    `json:"channel"` // sms, email or push
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Body    string    `json:"body"`           // plain text, or HTML if there is no plain text
	HTML    string    `json:"html,omitempty"` // of an e-mail
	At      time.Time `json:"at"`
}

// Outbox stores messages in memory and as lines of a file.
type Outbox struct {
	mu       sync.Mutex
	file     *os.File
	messages []Message
}

func openOutbox(folder string) (*Outbox, error) {
	o := &Outbox{}
	if folder == "" {
		return o, nil
	}
	var err error
	o.file, err = os.OpenFile(filepath.Join(folder, "outbox.jsonl"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(o.file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var m Message
		// A crash may leave an incomplete last line, which is skipped.
		if json.Unmarshal(lines.Bytes(), &m) == nil {
			o.messages = append(o.messages, m)
		}
	}
	return o, lines.Err()
}

// Add stores a message with the current time.
func (o *Outbox) Add(m Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	m.At = now()
	o.messages = append(o.messages, m)
	if o.file == nil {
		return nil
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = o.file.Write(append(line, '\n'))
	return err
}

// List returns the messages of a channel to an address, newest first. An empty
// channel or address matches all.
func (o *Outbox) List(channel, to string) []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := []Message{}
	for _, m := range slices.Backward(o.messages) {
		if (channel == "" || m.Channel == channel) && (to == "" || m.To == to) {
			found = append(found, m)
		}
	}
	return found
}

// Close closes the file.
func (o *Outbox) Close() error {
	if o.file == nil {
		return nil
	}
	return errors.Join(o.file.Sync(), o.file.Close())
}
