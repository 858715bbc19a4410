package page

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// shownMessages is how many messages of a queue are shown.
const shownMessages = 100

type queueView struct {
	Name     string    `json:"name"`
	Visible  int       `json:"visible"`
	InFlight int       `json:"inFlight"`
	Delayed  int       `json:"delayed"`
	Oldest   time.Time `json:"oldest,omitzero"`
	// DeadLetters names the queue that takes what was received too often.
	DeadLetters string `json:"deadLetters,omitempty"`
}

func (s Sources) queues() []queueView {
	settings := s.Queues.Settings()
	list := []queueView{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		d, err := s.Queues.Depth(name)
		if err == nil { // it went away meanwhile
			list = append(list, queueView{name, d.Visible, d.InFlight, d.Delayed, d.Oldest, settings[name].DeadLetter})
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

// messages shows what a queue holds, oldest first, and receives nothing.
func (s Sources) messages(w http.ResponseWriter, r *http.Request) {
	list := []messageView{}
	for _, m := range s.Queues.List(r.PathValue("name"), shownMessages) {
		list = append(list, messageView{m.ID, m.Body, m.Sent, m.Received})
	}
	write(w, list)
}
