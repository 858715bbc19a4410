package dashboard

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"ticketsystem/localstack/emulator/lambda"
)

// maxPayloadBytes is the most that a function may be given, in bytes.
const maxPayloadBytes = 6 << 20

// Schedule is a schedule of a function.
type Schedule struct {
	Function   string          `json:"function"`
	Expression string          `json:"expression"`
	Next       time.Time       `json:"next,omitzero"` // zero: it is run by hand alone
	Event      json.RawMessage `json:"event"`         // what it gives the function
}

// handleInvoke runs a function with the event in the body and answers with what it
// answered. Without a body the event is the one of its schedule.
func (cfg Config) handleInvoke(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !slices.ContainsFunc(cfg.Functions.Stats(), func(f lambda.Stats) bool { return f.Name == name }) {
		http.Error(w, "no function "+name, http.StatusNotFound)
		return
	}
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayloadBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(event) == 0 {
		event = []byte("{}")
		for _, c := range cfg.Schedules() {
			if c.Function == name {
				event = c.Event
			}
		}
	}
	if !json.Valid(event) {
		http.Error(w, "the event is not JSON", http.StatusBadRequest)
		return
	}
	result, err := cfg.Invoke(r.Context(), name, event)
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		var failed *lambda.FunctionError
		if !errors.As(err, &failed) {
			failed = &lambda.FunctionError{Type: "NotStarted", Message: err.Error()}
		}
		w.WriteHeader(http.StatusBadGateway)
		result, _ = json.Marshal(failed) // two strings always encode
	}
	_, _ = w.Write(result) // a reader that went away needs no answer
}
