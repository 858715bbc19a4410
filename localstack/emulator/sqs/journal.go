package sqs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// journal keeps the messages as lines of a file, one for each change: writing
// all of a long queue at each message would cost more than the message.
type journal struct{ file *os.File }

type journalEntry struct {
	Queue   string
	Message *Message `json:",omitempty"` // as it is now
	Deleted string   `json:",omitempty"` // the id of one that is removed
}

// open reads the file and writes it anew with what is left. An empty path
// keeps nothing.
func (j *journal) open(path string) (map[string][]*Message, error) {
	messages := map[string][]*Message{}
	if path == "" {
		return messages, nil
	}
	if err := readJournal(path, messages); err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	var err error
	if j.file, err = os.Create(path + ".new"); err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	for queue, list := range messages {
		for _, m := range list {
			err = errors.Join(err, j.put(queue, m))
		}
	}
	return messages, errors.Join(err, os.Rename(path+".new", path))
}

func readJournal(path string, messages map[string][]*Message) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	type place struct{ queue, id string }
	var order []place
	newest := map[place]*Message{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e journalEntry
		// A line cut short by a crash is no change.
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		if e.Message == nil {
			delete(newest, place{e.Queue, e.Deleted})
			continue
		}
		at := place{e.Queue, e.Message.ID}
		if newest[at] == nil {
			order = append(order, at)
		}
		newest[at] = e.Message
	}
	for _, at := range order {
		if m := newest[at]; m != nil {
			messages[at.queue] = append(messages[at.queue], m)
			delete(newest, at) // one that went and came back stands in order twice
		}
	}
	return lines.Err()
}

func (j *journal) put(queue string, m *Message) error {
	return j.write(journalEntry{Queue: queue, Message: m})
}
func (j *journal) deleted(queue, id string) error {
	return j.write(journalEntry{Queue: queue, Deleted: id})
}

func (j *journal) write(e journalEntry) error {
	if j.file == nil {
		return nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(text, '\n'))
	return err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
