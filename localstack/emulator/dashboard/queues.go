package dashboard

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// maxMessages is how many messages of a queue are shown.
const maxMessages = 100

type queueView struct {
	Name     string    `json:"name"`
	Visible  int       `json:"visible"`
	InFlight int       `json:"inFlight"`
	Delayed  int       `json:"delayed"`
	Oldest   time.Time `json:"oldest,omitzero"`
	// DeadLetters names the queue that takes what was received too often.
	DeadLetters string `json:"deadLetters,omitempty"`
}

func (cfg Config) listQueues() []queueView {
	settings := cfg.Queues.Settings()
	list := []queueView{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		d, err := cfg.Queues.Depth(name)
		if err == nil { // it went away meanwhile
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

// handleMessages shows what a queue holds, oldest first, and receives nothing.
func (cfg Config) handleMessages(w http.ResponseWriter, r *http.Request) {
	list := []messageView{}
	for _, m := range cfg.Queues.List(r.PathValue("name"), maxMessages) {
		list = append(list, messageView{m.ID, m.Body, m.SentAt, m.ReceiveCount})
	}
	writeJSON(w, list)
}
