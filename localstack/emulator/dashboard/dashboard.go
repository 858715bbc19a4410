// Package page is /_local/: what the stack has sent, run and logged, for people
// and for tests.
package dashboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"ticketsystem/localstack/emulator/awsapi"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/sqs"
)

//go:embed page.html
var pageHTML []byte

// Config are what the page tells about.
type Config struct {
	Functions Functions
	Outbox    *awsapi.Outbox
	Queues    *sqs.Queues
	Schedules func() []Schedule
	Invoke    func(ctx context.Context, function string, payload []byte) ([]byte, error)
}

// Functions tells about the functions; lambda.Manager does.
type Functions interface {
	Stats() []lambda.Stats
	Logs(name string) []string
}

// Handler serves the page and the JSON that it is made of.
func Handler(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pageHTML) // a reader that went away needs no page
	})
	mux.HandleFunc("GET /outbox", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		// An unescaped + of a number arrives as a blank.
		to := strings.Replace(query.Get("to"), " ", "+", 1)
		writeJSON(w, cfg.Outbox.List(query.Get("channel"), to))
	})
	mux.HandleFunc("GET /functions", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, cfg.Functions.Stats())
	})
	mux.HandleFunc("POST /functions/{name}/invoke", cfg.handleInvoke)
	mux.HandleFunc("GET /schedules", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.Schedules()) })
	mux.HandleFunc("GET /queues", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, cfg.listQueues()) })
	mux.HandleFunc("GET /queues/{name}", cfg.handleMessages)
	mux.HandleFunc("GET /logs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		lines := append(cfg.Functions.Logs(r.URL.Query().Get("function")), "")
		_, _ = io.WriteString(w, strings.Join(lines, "\n")) //nolint:gosec // it is plain text
	})
	// A page of another origin in the same browser shall not run functions.
	return http.NewCrossOriginProtection().Handler(mux)
}

func writeJSON(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data}) // a reader that went away needs no answer
}
