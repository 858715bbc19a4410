// Package page is /_local/: what the stack has sent, run and logged, for people
// and for tests.
package page

import (
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/queue"
	"ticketsystem/localstack/services"
)

//go:embed page.html
var html []byte

// Sources are what the page tells about.
type Sources struct {
	Functions Functions
	Outbox    *services.Outbox
	Queues    *queue.Queues
	Schedules func() []Schedule
	Invoke    func(ctx context.Context, function string, payload []byte) ([]byte, error)
}

// Functions tells about the functions; lambda.Manager does.
type Functions interface {
	Stats() []lambda.Stats
	Logs(name string) []string
}

// Handler serves the page and the JSON that it is made of.
func Handler(s Sources) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html) // a reader that went away needs no page
	})
	mux.HandleFunc("GET /outbox", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		// An unescaped + of a number arrives as a blank.
		to := strings.Replace(query.Get("to"), " ", "+", 1)
		write(w, s.Outbox.List(query.Get("channel"), to))
	})
	mux.HandleFunc("GET /functions", func(w http.ResponseWriter, r *http.Request) {
		write(w, s.Functions.Stats())
	})
	mux.HandleFunc("POST /functions/{name}/invoke", s.invoke)
	mux.HandleFunc("GET /schedules", func(w http.ResponseWriter, r *http.Request) { write(w, s.Schedules()) })
	mux.HandleFunc("GET /queues", func(w http.ResponseWriter, r *http.Request) { write(w, s.queues()) })
	mux.HandleFunc("GET /queues/{name}", s.messages)
	mux.HandleFunc("GET /logs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		lines := append(s.Functions.Logs(r.URL.Query().Get("function")), "")
		_, _ = io.WriteString(w, strings.Join(lines, "\n")) //nolint:gosec // it is plain text
	})
	// A page of another origin in the same browser shall not run functions.
	return http.NewCrossOriginProtection().Handler(mux)
}

func write(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data}) // a reader that went away needs no answer
}
