package dashboard

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// maxMessages limits the messages shown per queue.
const maxMessages = 100

type queueView struct {
	Name     string    `json:"name"`
	Visible  int       `json:"visible"`
	InFlight int       `json:"inFlight"`
	Delayed  int       `json:"delayed"`
	Oldest   time.Time `json:"oldest,omitzero"`
	// DeadLetters is the name of the dead-letter queue.
	DeadLetters string `json:"deadLetters,omitempty"`
}

func (cfg Config) listQueues() []queueView {
	settings := cfg.Queues.Settings()
	list := []queueView{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		d, err := cfg.Queues.Depth(name)
		if err == nil { // skips a queue that was removed meanwhile
			list = append(list, queueView{name, d.Visible, d.InFlight, d.Delayed, d.Oldest, settings[name].DeadLetterQueue})
		}
	}
	return list
}

type messageView struct {
	ID       string    `json:"id"`
	Body     string    `json:"body"`
	At       time.Time `json:"at"`
	Received int       `json:"received"`
}

// handleMessages returns the messages of a queue, oldest first, without receiving
// them.
func (cfg Config) handleMessages(w http.ResponseWriter, r *http.Request) {
	list := []messageView{}
	for _, m := range cfg.Queues.List(r.PathValue("name"), maxMessages) {
		list = append(list, messageView{m.ID, m.Body, m.SentAt, m.ReceiveCount})
	}
	writeJSON(w, list)
}
