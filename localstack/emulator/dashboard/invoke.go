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

// maxPayloadBytes limits the event of an invocation.
const maxPayloadBytes = 6 << 20

// Schedule is a schedule of a function.
type Schedule struct {
	Function   string          `json:"function"`
	Expression string          `json:"expression"`
	Next       time.Time       `json:"next,omitzero"` // zero: only invoked manually
	Event      json.RawMessage `json:"event"`         // event of an invocation
}

// handleInvoke invokes a function with the event in the body and returns its result.
// Without a body it uses the event of the function's schedule.
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
	_, _ = w.Write(result) // the client may have disconnected
}
